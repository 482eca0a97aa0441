package dev.llmpropagation.http;

import dev.llmpropagation.agent.LlmRequest;
import dev.llmpropagation.genai.GenAiAttributes;
import dev.llmpropagation.genai.ModelCall;
import dev.llmpropagation.genai.ResponseFacts;
import dev.llmpropagation.genai.ResponseScanner;
import dev.llmpropagation.span.AttributeSink;
import dev.llmpropagation.span.Diagnostics;
import dev.llmpropagation.span.Ending;
import dev.llmpropagation.span.FewValues;
import dev.llmpropagation.span.Outcome;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.util.List;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.Response;
import okio.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * A logical call that asks a model for something: one span around all its attempts, which ends when the program has got
 * the answer, or nobody will try again. Reads the answer as it passes. Thread-safe; never throws.
 */
final class ModelRequest {

    private final ModelCall call;
    private final boolean sdkMayRetry;
    private final FewValues errorCodes;
    private final FewValues statuses;
    private final Diagnostics diagnostics;
    private final String model;
    private final @Nullable Boolean streamAsked;
    private final long startNanos = System.nanoTime();
    private @Nullable LlmRequest span;

    // Under the lock of this object, as is the scanner itself: a sweep can end the span while a chunk comes.
    private @Nullable ResponseScanner scanner;
    // Its service may echo the key that it carries.
    private @Nullable Request sent;
    private @Nullable Request first;
    private int attempts;
    private volatile boolean streaming;
    private boolean followed;
    private boolean running;
    private boolean answered;
    private boolean over;
    private @Nullable Ending stopped;
    private @Nullable End last;

    /** How an attempt ended. */
    private record End(Outcome outcome, @Nullable Throwable failure, int status) {}

    /**
     * @param streamAsked whether the request asks for a stream; null if it could not be read
     * @param errorCodes of all services that this library's clients ask
     * @param statuses likewise
     * @param sdkMayRetry above HTTP, so that only a facade knows which attempt is the last
     */
    ModelRequest(
            ModelCall call,
            @Nullable String model,
            @Nullable Boolean streamAsked,
            boolean sdkMayRetry,
            FewValues errorCodes,
            FewValues statuses,
            Diagnostics diagnostics) {
        this.errorCodes = errorCodes;
        this.statuses = statuses;
        this.call = call;
        this.model = model == null ? "unknown" : model;
        this.streamAsked = streamAsked;
        this.sdkMayRetry = sdkMayRetry;
        this.diagnostics = diagnostics;
    }

    void startedAs(LlmRequest started) {
        span = started;
    }

    /** Whether this context is that of the model call's span, and of no other of ours inside it. */
    boolean isInnermostIn(Context context) {
        return span != null && span.isInnermostIn(context);
    }

    /** Whether the model call's span is the current one of this context. */
    boolean isCurrentIn(Context context) {
        return span != null && Span.fromContext(context).getSpanContext().equals(span.spanContext());
    }

    /** What the attempts run in. */
    Context context(Context caller) {
        return span == null ? caller : span.context();
    }

    /** A further OkHttp call of the same logical one. What came of those before is over. */
    synchronized void callStarts() {
        last = null;
        followed = false;
        answered = false;
    }

    void attemptStarts() {
        boolean again;
        synchronized (this) {
            boolean hop = last != null && last.status / 100 == 3;
            again = attempts++ > 0 && !hop;
            callStarts();
            scanner = null;
            running = true;
        }
        if (again && span != null) {
            span.retried(model);
        }
    }

    /**
     * The headers of an attempt's response are there, and its body will be followed, if it has one.
     *
     * @param type of the body
     * @param asked the first request of the call, whose credentials the one that is answered may lack after a redirect
     * @return whether it should be a stream of server-sent events
     */
    boolean responseStarts(Response response, @Nullable MediaType type, Request asked) {
        ResponseScanner next =
                response.code() >= 400 ? null : call.responseScanner(type, contentEncoding(response), streamAsked);
        boolean stream = next != null && next.isStream();
        synchronized (this) {
            followed = true;
            scanner = next;
            streaming = stream;
            sent = response.request();
            first = asked;
        }
        if (stream && span != null) {
            span.awaitsConsumer(); // who may never ask for the first chunk
        }
        return stream;
    }

    /** There may be several. */
    private static @Nullable String contentEncoding(Response response) {
        List<String> codings = response.headers("Content-Encoding");
        return codings.isEmpty() ? null : String.join(",", codings);
    }

    void awaitsBytes() {
        if (streaming && span != null) {
            span.awaitsService();
        }
    }

    /** @param nanos now, by {@link System#nanoTime()} */
    void gotBytes(Buffer buffer, long byteCount, long nanos) {
        synchronized (this) {
            if (scanner != null) {
                scanner.accept(buffer, byteCount, nanos);
                streaming = scanner.isStream();
            }
        }
        if (streaming && span != null) {
            span.awaitsConsumer(nanos);
        }
    }

    void attemptEnded(Outcome outcome, @Nullable Throwable failure, int status) {
        End end = new End(outcome, failure, status);
        synchronized (this) {
            running = false;
            last = end;
            if (!answered && !over) {
                return; // a hop, or an attempt that somebody may repeat
            }
            if (over && !answered) {
                end = ofCancelled(end);
            }
        }
        end(end);
    }

    /** The steps hand this response to the SDK. */
    void answered(Response response) {
        End end;
        synchronized (this) {
            // Who answers in the steps' place has not been seen, nor has the end of a body that is not followed.
            if (last == null ? !followed : last.status != response.code()) {
                last = new End(Outcome.COMPLETED, null, response.code());
            }
            answered = !sdkMayRetry || response.code() < 400;
            end = answered ? last : null;
        }
        if (end != null) {
            end(end);
        }
    }

    /** The steps hand this exception to the SDK. */
    void failed(Outcome outcome, Throwable failure) {
        End end;
        synchronized (this) {
            boolean stopped = outcome == Outcome.CANCELLED || outcome == Outcome.TIMED_OUT;
            if (last == null || last.failure == null || stopped) {
                last = new End(outcome, failure, 0);
            }
            answered = !sdkMayRetry;
            end = answered ? last : null;
        }
        if (end != null) {
            end(end);
        }
    }

    /**
     * The SDK makes no further attempt. A body that the program still reads goes on, and an attempt that runs.
     *
     * @param why the program stopped the call, or null if it did not
     */
    void finished(@Nullable Ending why) {
        End end;
        synchronized (this) {
            over = true;
            stopped = why;
            if (running || (answered && last == null)) {
                return;
            }
            end = answered && last != null ? last : ofCancelled(last);
            answered = true;
        }
        end(end);
    }

    /** What the program has stopped counts as that, whatever the service said before. */
    private End ofCancelled(@Nullable End end) {
        if (end != null && (stopped == null || end.outcome == Outcome.TIMED_OUT)) {
            return end;
        }
        return stopped == null
                ? new End(Outcome.INTERRUPTED, null, 0)
                : new End(stopped.outcome(), stopped.failure(), 0);
    }

    /** What was read up to now. */
    void facts(AttributeSink attributes) {
        int made;
        ResponseFacts facts;
        synchronized (this) {
            made = attempts;
            // A choice without a reason is an error of the service's, unless the program did not read on.
            boolean left = last == null
                    || last.outcome == Outcome.INTERRUPTED
                    || last.outcome == Outcome.CANCELLED
                    || last.outcome == Outcome.ABANDONED;
            facts = scanner == null ? null : scanner.finish(left);
        }
        if (facts != null) {
            GenAiAttributes.put(credentials().hiddenFrom(attributes), call, facts, startNanos);
        }
        if (made > 1) {
            attributes.put(Names.ATTEMPTS, (long) made);
        }
    }

    private void end(End end) {
        LlmRequest ending = span;
        if (ending == null || ending.isEnded()) {
            release();
            return;
        }
        try {
            if (end.status >= 300) { // a redirect that nobody followed is no answer either
                ending.failed(statuses.of(Integer.toString(end.status)));
                return;
            }
            switch (end.outcome) {
                // Whoever reads an error in the answer stops there, and closes it early.
                case COMPLETED, INTERRUPTED -> {
                    String errorType = errorInAnswer(end.outcome == Outcome.COMPLETED);
                    if (errorType != null) {
                        ending.failed(errorType);
                    } else if (end.outcome == Outcome.COMPLETED) {
                        ending.completed();
                    } else {
                        ending.close();
                    }
                }
                case FAILED -> {
                    if (end.failure == null) {
                        ending.failed("_OTHER");
                    } else {
                        // Not by the exception itself, which is on the attempt: how it ended is decided here.
                        ending.failed(end.failure.getClass().getName());
                    }
                }
                case TIMED_OUT -> ending.timedOut();
                case CANCELLED -> ending.cancelled();
                case ABANDONED -> ending.abandoned();
            }
        } catch (Throwable e) { // of the program's SDK
            diagnostics.report("The span of a model call could not be ended", e);
        } finally {
            release();
        }
    }

    /** A Context of the program's can hold the span, and so this, for long. */
    private synchronized void release() {
        scanner = null;
        sent = null;
        first = null;
        last = null;
        answered = true;
    }

    /** @param toItsEnd whether there are no more bytes */
    private synchronized @Nullable String errorInAnswer(boolean toItsEnd) {
        if (scanner == null) {
            return null;
        }
        String code = scanner.errorType();
        if (code == null) {
            return scanner.fault(toItsEnd);
        }
        return credentials().areIn(code) ? FewValues.OTHER : errorCodes.of(code);
    }

    private synchronized RequestCredentials credentials() {
        return RequestCredentials.of(first, sent);
    }
}
