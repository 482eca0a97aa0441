package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.content.AnswerReader;
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
    private volatile @Nullable AskedContent content;

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
    private @Nullable AnswerReading reading;
    private @Nullable AttemptEnd last;

    /** Who has to say how the reading of the answer went. */
    private enum Reader {
        /** The facade, when the SDK comes back to it: the end of the bytes says little. */
        SDK,
        /** The program can go on by the facade, or leave it: what was not read to its end will not be. */
        PROGRAM,
        /** Nobody: the bytes decide. */
        NOBODY
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

    /** Only where the program records what is said. */
    void records(AskedContent asked) {
        content = asked;
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

    AnswerReading attemptStarts() {
        AnswerReading started = new AnswerReading();
        boolean again;
        synchronized (this) {
            boolean hop = last != null && last.isRedirect();
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
    boolean responseStarts(AnswerReading attempt, Response response, @Nullable MediaType type, Request asked) {
        ResponseScanner next =
                response.code() >= 300 ? null : call.responseScanner(type, contentEncoding(response), streamAsked);
        boolean stream = next != null && next.isStream();
        RequestCredentials carried = RequestCredentials.of(asked, response.request());
        synchronized (this) {
            AskedContent asking = content;
            attempt.starts(
                    next,
                    next == null || asking == null ? null : asking.reader().answer(),
                    carried);
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
    void gotBytes(AnswerReading attempt, Buffer buffer, long byteCount, long nanos) {
        int chunks = 0;
        long gap = 0;
        String answering = null;
        synchronized (this) {
            ResponseScanner scanner = released ? null : attempt.accept(buffer, byteCount, nanos);
            if (scanner != null) {
                streaming = scanner.isStream();
                chunks = scanner.takeChunks();
                gap = chunks > 0 ? scanner.takeGap(nanos) : 0;
                answering = scanner.model();
            }
        }
        if (streaming && span != null) {
            span.awaitsConsumer(nanos);
            if (chunks > 0 && span.wantsChunks()) {
                span.chunks(chunks, gap, answering);
            }
        }
    }

    void attemptEnded(AnswerReading attempt, Outcome outcome, @Nullable Throwable failure, int status) {
        if (span != null) {
            span.attemptEnds(outcome);
        }
        AttemptEnd end = new AttemptEnd(outcome, failure, status);
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
            end = judged(answered ? end : AttemptEnd.ofStopped(end, stopped));
        }
        end(end);
    }

    /** Who had the body, which has ended, lets go of it. */
    void bodyClosed(AnswerReading attempt) {
        AttemptEnd end;
        synchronized (this) {
            end = reader == Reader.PROGRAM && attempt == reading ? last : null;
        }
        if (end != null) {
            end(end);
        }
    }

    /** The program has the answer, and the SDK reads it only when the program asks for more. */
    void handedOver() {
        AttemptEnd end;
        synchronized (this) {
            // An answer without a body has nothing that anybody would read, or close.
            boolean left = last != null && (!over || last.outcome() != Outcome.COMPLETED);
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
        AnswerReading of = TrackedBody.reading(response, this);
        AttemptEnd end;
        synchronized (this) {
            if (of != null) {
                reading = of;
                last = of.end; // none while its body is read
            } else if (last == null ? reading == null || !reading.isFollowed() : last.status() != response.code()) {
                // Who answers in the steps' place has not been seen, nor has the end of a body that is not followed.
                last = new AttemptEnd(Outcome.COMPLETED, null, response.code());
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
        AttemptEnd end;
        synchronized (this) {
            boolean stopped = outcome == Outcome.CANCELLED || outcome == Outcome.TIMED_OUT;
            if (last == null || last.failure() == null || stopped) {
                last = new AttemptEnd(outcome, failure, 0);
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
        AttemptEnd end;
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
            end = judged(answered && last != null ? last : AttemptEnd.ofStopped(last, stopped));
            answered = true;
        }
        end(end);
    }

    /** What the program has stopped counts as that, and not by what it gets. */
    private AttemptEnd judged(AttemptEnd end) {
        return thrown == null || stopped != null ? end : end.judgedBy(thrown);
    }

    /** What was read up to now. */
    void facts(AttributeSink attributes) {
        int made;
        ResponseFacts facts;
        synchronized (this) {
            made = attempts;
            // A choice without a reason is an error of the service's, unless the program did not read on.
            facts = reading == null ? null : reading.facts(last == null || last.isLeft());
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
        AskedContent said = content;
        RequestCredentials carried;
        AnswerReader answer;
        synchronized (this) {
            content = null;
            carried = credentials();
            answer = reading == null ? null : reading.takeContent();
        }
        return said == null ? null : said.told(answer, carried, diagnostics);
    }

    private void end(AttemptEnd end) {
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
            Ending how = end.ofTheCall(
                    end.countsErrorInAnswer() ? errorInAnswer(end.outcome() == Outcome.COMPLETED) : null, statuses);
            switch (how.outcome()) {
                case COMPLETED -> ending.completed();
                case INTERRUPTED -> ending.close();
                default -> ending.end(how);
            }
        } catch (Throwable e) { // of the program's SDK
            diagnostics.report("The span of a model call could not be ended", e);
            Throwables.propagateIfFatal(e);
        } finally {
            release();
        }
    }

    /** Without what a future wraps it in: the program's synchronous calls have no such thing. */
    private synchronized @Nullable Throwable failure(AttemptEnd end) {
        Throwable failure = thrown != null ? thrown : end.failure();
        return failure == null ? null : Ending.of(failure, false).failure();
    }

    private synchronized @Nullable String words(Throwable failure) {
        return reading == null ? null : reading.words(failure);
    }

    /** A Context of the program's can hold the span, and so this, for long. */
    private synchronized void release() {
        released = true;
        question = null;
        content = null;
        if (reading != null) {
            reading.release();
        }
        reading = null;
        last = null;
        thrown = null;
        answered = true;
    }

    private synchronized @Nullable String errorInAnswer(boolean toItsEnd) {
        return reading == null ? null : reading.error(toItsEnd, errorCodes);
    }

    private synchronized RequestCredentials credentials() {
        return reading == null ? RequestCredentials.NONE : reading.credentials();
    }
}
