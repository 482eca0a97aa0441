package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.content.AnswerReader;
import dev.llmpropagation.internal.content.ContentReader;
import dev.llmpropagation.internal.model.GenAiAttributes;
import dev.llmpropagation.internal.model.ModelOperation;
import dev.llmpropagation.internal.model.ResponseFacts;
import dev.llmpropagation.internal.model.ResponseScanner;
import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.AttributeSink;
import dev.llmpropagation.internal.span.CallContent;
import dev.llmpropagation.internal.span.Diagnostics;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.FewValues;
import dev.llmpropagation.internal.span.ModelCallSpan;
import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.SpanLife;
import dev.llmpropagation.internal.span.Throwables;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.util.List;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * A logical call that asks a model for something: one span around all its attempts, which ends when the program has got
 * the answer, or nobody will try again. Reads the answer as it passes. Thread-safe; never throws.
 */
final class ModelCallListener {

    private final ModelOperation call;
    private final boolean sdkMayRetry;
    private final FewValues errorCodes;
    private final FewValues statuses;
    private final Diagnostics diagnostics;
    private final String model;
    private final @Nullable Boolean streamAsked;
    private final long startNanos = System.nanoTime();
    private @Nullable ModelCallSpan span;
    private volatile @Nullable RequestBody question;
    private volatile @Nullable ContentReader content;
    private volatile @Nullable Request asker;

    // Under the lock of this object, as are the readings and their scanners: a sweep can end the span while a chunk
    // comes.
    private int attempts;
    private int running; // an interceptor of the program's can have several at once
    private volatile boolean streaming;
    private boolean answered;
    private boolean over;
    private boolean released;
    private Reader reader;
    private @Nullable Ending stopped;
    private @Nullable Throwable thrown;
    // Of the attempt that started or responded last, and once the call is answered, of the one that answered it.
    private @Nullable Reading reading;
    private @Nullable End last;

    /** What one attempt brings. */
    static final class Reading {
        private @Nullable ResponseScanner scanner;
        private @Nullable AnswerReader content;
        // Its service may echo the key that it carries. The requests themselves are not kept while a stream is open.
        private @Nullable RequestCredentials credentials;
        private @Nullable End end;
        private boolean followed;

        /** Its body can be held for long, and this with it, by a program that does not close what it has read. */
        void release() {
            scanner = null;
            content = null;
            credentials = null;
        }
    }

    /** Who has to say how the reading of the answer went. */
    private enum Reader {
        /** The facade, when the SDK comes back to it: the end of the bytes says little. */
        SDK,
        /** The program can go on by the facade, or leave it: what was not read to its end will not be. */
        PROGRAM,
        /** Nobody: the bytes decide. */
        NOBODY
    }

    /** How an attempt ended. */
    private record End(Outcome outcome, @Nullable Throwable failure, int status) {

        /** The same bytes, of which the program gets this. */
        End thrown(@Nullable Throwable byTheSdk) {
            return new End(outcome, byTheSdk, status);
        }
    }

    /**
     * @param streamAsked whether the request asks for a stream; null if it could not be read
     * @param errorCodes of all services that this library's clients ask
     * @param statuses likewise
     * @param sdkMayRetry above HTTP, so that only a facade knows which attempt is the last
     */
    ModelCallListener(
            ModelOperation call,
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
        this.reader = sdkMayRetry ? Reader.SDK : Reader.NOBODY;
        this.diagnostics = diagnostics;
    }

    /** @param asked body of the request that started it */
    void startedAs(ModelCallSpan started, @Nullable RequestBody asked) {
        span = started;
        question = asked;
    }

    /**
     * @param said null if nothing of the call is recorded
     * @param asked whose credentials are no content
     */
    void records(@Nullable ContentReader said, Request asked) {
        if (said != null) {
            asker = asked;
            content = said;
        }
    }

    /** Whether this is the body of the request that started it, which an interceptor of the program's sends once more. */
    boolean isAskedBy(@Nullable RequestBody body) {
        return body != null && body == question;
    }

    /** Whether this context is that of the model call's span, and of no other of ours inside it. */
    boolean isInnermostIn(Context context) {
        return span != null && span.life().isInnermostIn(context);
    }

    /** Whether the model call's span is the current one of this context. */
    boolean isCurrentIn(Context context) {
        return span != null
                && Span.fromContext(context)
                        .getSpanContext()
                        .equals(span.life().span().getSpanContext());
    }

    /** What the attempts run in. */
    Context context(Context caller) {
        return span == null ? caller : span.life().context();
    }

    /** A further OkHttp call of the same logical one. What came of those before is over. */
    synchronized void callStarts() {
        if (isDecided()) {
            return;
        }
        last = null;
        reading = null;
        answered = false;
    }

    /** The SDK has its answer, and nobody asks again: what a hedge of the program's still does tells nothing. */
    private boolean isDecided() {
        return answered && !sdkMayRetry;
    }

    Reading attemptStarts() {
        Reading started = new Reading();
        boolean again;
        synchronized (this) {
            boolean hop = last != null && last.status / 100 == 3;
            again = attempts++ > 0 && !hop;
            running++;
            if (!isDecided()) {
                callStarts();
                reading = started;
            }
        }
        if (span != null) {
            span.attemptStarts();
            if (again) {
                span.retried(model);
            }
        }
        return started;
    }

    /**
     * The headers of an attempt's response are there, and its body will be followed, if it has one.
     *
     * @param type of the body
     * @param asked the first request of the call, whose credentials the one that is answered may lack after a redirect
     * @return whether it should be a stream of server-sent events
     */
    boolean responseStarts(Reading attempt, Response response, @Nullable MediaType type, Request asked) {
        ResponseScanner next =
                response.code() >= 400 ? null : call.responseScanner(type, contentEncoding(response), streamAsked);
        boolean stream = next != null && next.isStream();
        RequestCredentials carried = RequestCredentials.of(asked, response.request());
        synchronized (this) {
            attempt.followed = true;
            attempt.scanner = next;
            ContentReader said = content;
            attempt.content = next == null || said == null ? null : said.answer();
            attempt.credentials = carried;
            if (!isDecided()) {
                reading = attempt;
                streaming = stream;
            }
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
    void gotBytes(Reading attempt, Buffer buffer, long byteCount, long nanos) {
        int chunks = 0;
        long gap = 0;
        String answering = null;
        synchronized (this) {
            ResponseScanner scanner = attempt.scanner;
            if (scanner != null && !released) {
                scanner.accept(buffer, byteCount, nanos);
                streaming = scanner.isStream();
                chunks = scanner.takeChunks();
                gap = chunks > 0 ? scanner.takeGap(nanos) : 0;
                answering = scanner.model();
                if (attempt.content != null) {
                    attempt.content.accept(buffer, byteCount, streaming);
                }
            }
        }
        if (streaming && span != null) {
            span.awaitsConsumer(nanos);
            if (chunks > 0 && span.wantsChunks()) {
                span.chunks(chunks, gap, answering);
            }
        }
    }

    void attemptEnded(Reading attempt, Outcome outcome, @Nullable Throwable failure, int status) {
        if (span != null) {
            span.attemptEnds(outcome);
        }
        End end = new End(outcome, failure, status);
        synchronized (this) {
            running--;
            attempt.end = end;
            if (answered && attempt != reading) {
                attempt.release();
                return; // another one was faster
            }
            last = end;
            if (!answered && (!over || running > 0)) {
                return; // a hop, or an attempt that somebody may repeat
            }
            if (outcome != Outcome.ABANDONED
                    && (reader == Reader.SDK || (reader == Reader.PROGRAM && outcome == Outcome.COMPLETED))) {
                return;
            }
            end = judged(answered ? end : ofCancelled(end));
        }
        end(end);
    }

    /** Who had the body, which has ended, lets go of it. */
    void bodyClosed(Reading attempt) {
        End end;
        synchronized (this) {
            end = reader == Reader.PROGRAM && attempt == reading ? last : null;
        }
        if (end != null) {
            end(end);
        }
    }

    /** The program has the answer, and the SDK reads it only when the program asks for more. */
    void handedOver() {
        End end;
        synchronized (this) {
            // An answer without a body has nothing that anybody would read, or close.
            boolean left = last != null && (!over || last.outcome != Outcome.COMPLETED);
            over = true;
            reader = Reader.PROGRAM;
            end = left ? last : null;
        }
        if (end != null) {
            end(end);
        }
    }

    /** The program has asked for more. */
    synchronized void resumed() {
        reader = Reader.SDK;
    }

    /** The steps hand this response to the SDK. */
    void answered(Response response) {
        Reading of = TrackedBody.reading(response, this);
        End end;
        synchronized (this) {
            if (of != null) {
                reading = of;
                last = of.end; // none while its body is read
            } else if (last == null ? reading == null || !reading.followed : last.status != response.code()) {
                // Who answers in the steps' place has not been seen, nor has the end of a body that is not followed.
                last = new End(Outcome.COMPLETED, null, response.code());
            }
            answered = !sdkMayRetry || response.code() < 400;
            end = answered && reader != Reader.SDK ? last : null;
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
     * @param failure what the program gets, or null for a result
     */
    void finished(@Nullable Ending why, @Nullable Throwable failure) {
        End end;
        synchronized (this) {
            over = true;
            reader = Reader.NOBODY;
            stopped = why;
            thrown = failure;
            // Who got an exception reads no further, though nobody may ever close the body.
            boolean given = answered && failure != null && why == null;
            if (!given && (answered ? last == null : running > 0)) {
                return;
            }
            end = judged(answered && last != null ? last : ofCancelled(last));
            answered = true;
        }
        end(end);
    }

    /** What the program gets counts where the attempts themselves tell of no failure. */
    private End judged(End end) {
        Throwable failure = thrown;
        if (failure == null || stopped != null || end.outcome == Outcome.TIMED_OUT) {
            return end;
        }
        Ending told = Ending.of(failure, null);
        return switch (told.outcome()) {
            // Between two attempts as well: then the service's last word was not the end.
            case CANCELLED -> new End(Outcome.CANCELLED, null, 0);
            case TIMED_OUT -> isFailure(end) ? end : new End(Outcome.TIMED_OUT, told.failure(), 0);
            default -> isFailure(end) || end.outcome == Outcome.CANCELLED ? end : end.thrown(told.failure());
        };
    }

    private static boolean isFailure(End end) {
        return end.outcome.isError() || end.status >= 300;
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
            facts = reading == null || reading.scanner == null ? null : reading.scanner.finish(left);
        }
        if (facts != null) {
            GenAiAttributes.put(credentials().hiddenFrom(attributes), call, facts, startNanos);
        }
        if (made > 1) {
            attributes.put(Attribute.ATTEMPTS.key(), (long) made);
        }
    }

    /** What was said up to now; null unless it is recorded. It is told once. */
    @Nullable
    CallContent content() {
        ContentReader said = content;
        RequestCredentials hidden = RequestCredentials.of(asker);
        AnswerReader answer;
        synchronized (this) {
            content = null;
            asker = null;
            answer = reading == null ? null : reading.content;
            if (reading != null) {
                reading.content = null;
            }
        }
        if (said == null) {
            return null;
        }
        try {
            return credentials()
                    .hiddenFrom(
                            hidden.hiddenFrom(said.told(answer))); // the program's redaction runs outside of our lock
        } catch (Throwable e) { // of the program's redaction: whatever it throws, nothing is shown
            diagnostics.report("The content of a model call could not be shown; it is not recorded", e);
            Throwables.propagateIfFatal(e);
            return null;
        }
    }

    private void end(End end) {
        SpanLife<?> ending = span == null ? null : span.life();
        if (ending == null || ending.isEnded()) {
            release();
            return;
        }
        try {
            Throwable failure = failure(end);
            if (span != null && failure != null) {
                span.failedWith(failure, words(failure));
            }
            if (end.status >= 300) { // a redirect that nobody followed is no answer either
                ending.end(Ending.failed(statuses.of(Integer.toString(end.status)), null));
                return;
            }
            switch (end.outcome) {
                // Whoever reads an error in the answer stops there, and closes it early.
                case COMPLETED, INTERRUPTED -> {
                    String errorType = errorInAnswer(end.outcome == Outcome.COMPLETED);
                    if (errorType != null) {
                        ending.end(Ending.failed(errorType, null));
                    } else if (end.failure != null) {
                        ending.end(Ending.failed(end.failure.getClass().getName(), null));
                    } else if (end.outcome == Outcome.COMPLETED) {
                        ending.completed();
                    } else {
                        ending.close();
                    }
                }
                case FAILED -> {
                    // Not by the exception itself, which is on the attempt: how it ended is decided here.
                    String type = end.failure == null
                            ? "_OTHER"
                            : end.failure.getClass().getName();
                    ending.end(Ending.failed(type, null));
                }
                case TIMED_OUT -> ending.end(new Ending(Outcome.TIMED_OUT, "timeout", null, null, null));
                case CANCELLED -> ending.end(Ending.of(Outcome.CANCELLED));
                case ABANDONED ->
                    ending.end(
                            end.failure == null
                                    ? Ending.of(Outcome.ABANDONED)
                                    : Ending.failed(end.failure.getClass().getName(), null));
            }
        } catch (Throwable e) { // of the program's SDK
            diagnostics.report("The span of a model call could not be ended", e);
            Throwables.propagateIfFatal(e);
        } finally {
            release();
        }
    }

    private synchronized @Nullable Throwable failure(End end) {
        return thrown != null ? thrown : end.failure;
    }

    /** Its message, where it is known that no credential of the request stands in it. */
    private synchronized @Nullable String words(Throwable failure) {
        if (reading == null || reading.credentials == null) {
            return null;
        }
        try {
            String message = failure.getMessage();
            return message == null || reading.credentials.areIn(message) ? null : message;
        } catch (Throwable e) { // an exception of the program's can override it
            Throwables.propagateIfFatal(e);
            return null;
        }
    }

    /** A Context of the program's can hold the span, and so this, for long. */
    private synchronized void release() {
        released = true;
        question = null;
        content = null;
        asker = null;
        if (reading != null) {
            reading.release();
        }
        reading = null;
        last = null;
        thrown = null;
        answered = true;
    }

    /** @param toItsEnd whether there are no more bytes */
    private synchronized @Nullable String errorInAnswer(boolean toItsEnd) {
        ResponseScanner scanner = reading == null ? null : reading.scanner;
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
        return reading == null || reading.credentials == null ? RequestCredentials.NONE : reading.credentials;
    }
}
