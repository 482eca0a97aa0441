package dev.llmpropagation.http;

import dev.llmpropagation.agent.LlmRequest;
import dev.llmpropagation.genai.GenAiAttributes;
import dev.llmpropagation.genai.ModelCall;
import dev.llmpropagation.genai.ResponseFacts;
import dev.llmpropagation.genai.ResponseScanner;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.context.Context;
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
    private final Diagnostics diagnostics;
    private final String model;
    private final long startNanos = System.nanoTime();
    private @Nullable LlmRequest span;

    // Under the lock of this object, as is the scanner itself: a sweep can end the span while a chunk comes.
    private @Nullable ResponseScanner scanner;
    private int attempts;
    private boolean followed;
    private boolean answered;
    private @Nullable End last;

    /** How an attempt ended. */
    private record End(Outcome outcome, @Nullable Throwable failure, int status) {}

    /** @param sdkMayRetry above HTTP, so that only a facade knows which attempt is the last */
    ModelRequest(ModelCall call, @Nullable String model, boolean sdkMayRetry, Diagnostics diagnostics) {
        this.call = call;
        this.model = model == null ? "unknown" : model;
        this.sdkMayRetry = sdkMayRetry;
        this.diagnostics = diagnostics;
    }

    void startedAs(LlmRequest started) {
        span = started;
    }

    /** What the attempts run in. */
    Context context(Context caller) {
        return span == null ? caller : span.context();
    }

    void attemptStarts() {
        int count;
        synchronized (this) {
            count = ++attempts;
            last = null;
            scanner = null;
            followed = false;
            answered = false;
        }
        if (count > 1 && span != null) {
            span.retried(model);
        }
    }

    /** The headers of an attempt's response are there, and its body will be followed. */
    void responseStarts(Response response) {
        ResponseScanner next = response.code() >= 400
                ? null
                : call.responseScanner(response.body().contentType(), response.header("Content-Encoding"));
        synchronized (this) {
            followed = true;
            scanner = next;
        }
    }

    void awaitsBytes() {
        if (span != null) {
            span.awaitsService();
        }
    }

    /** @param nanos now, by {@link System#nanoTime()} */
    void gotBytes(Buffer buffer, long byteCount, long nanos) {
        synchronized (this) {
            if (scanner != null) {
                scanner.accept(buffer, byteCount, nanos);
            }
        }
        if (span != null) {
            span.awaitsConsumer();
        }
    }

    void attemptEnded(Outcome outcome, @Nullable Throwable failure, int status) {
        End end = new End(outcome, failure, status);
        synchronized (this) {
            last = end;
            if (!answered) {
                return; // a hop, or an attempt that somebody may repeat
            }
        }
        end(end);
    }

    /** The steps hand this response to the SDK. */
    void answered(Response response) {
        End end;
        synchronized (this) {
            if (last == null && !followed) {
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
            if (last == null) {
                last = new End(outcome, failure, 0);
            }
            answered = !sdkMayRetry;
            end = answered ? last : null;
        }
        if (end != null) {
            end(end);
        }
    }

    /** The SDK makes no further attempt. A body that the program still reads goes on. */
    void finished(boolean cancelled) {
        End end;
        synchronized (this) {
            if (answered && last == null) {
                return;
            }
            end = last;
            answered = true;
        }
        if (end == null || (cancelled && end.outcome != Outcome.TIMED_OUT)) {
            end = new End(cancelled ? Outcome.CANCELLED : Outcome.INTERRUPTED, null, 0);
        }
        end(end);
    }

    /** What was read up to now. */
    Attributes facts() {
        AttributesBuilder attributes = Attributes.builder();
        int made;
        ResponseFacts facts;
        synchronized (this) {
            made = attempts;
            facts = scanner == null ? null : scanner.finish();
        }
        if (facts != null) {
            GenAiAttributes.put(attributes, call, facts, startNanos);
        }
        if (made > 1) {
            attributes.put(Names.ATTEMPTS, (long) made);
        }
        return attributes.build();
    }

    private void end(End end) {
        LlmRequest ending = span;
        if (ending == null || ending.isEnded()) {
            return;
        }
        try {
            if (end.status >= 400) {
                ending.failed(Integer.toString(end.status));
                return;
            }
            switch (end.outcome) {
                // Whoever reads an error in the answer stops there, and closes it early.
                case COMPLETED, INTERRUPTED -> {
                    String errorType = errorInAnswer();
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
                        ending.failed(end.failure);
                    }
                }
                case TIMED_OUT -> ending.timedOut();
                case CANCELLED -> ending.cancelled();
                case ABANDONED -> ending.abandoned();
            }
        } catch (Throwable e) { // of the program's SDK
            diagnostics.report("The span of a model call could not be ended", e);
        }
    }

    private synchronized @Nullable String errorInAnswer() {
        return scanner == null ? null : scanner.finish().errorType();
    }
}
