package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.content.OutputReader;
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
 * the response, or nobody will try again. Reads the response as it passes. Thread-safe; never throws.
 */
final class ModelCall {

    private final ModelOperation operation;
    private final ModelCallProgress progress;
    private final FewValues errorCodes;
    private final FewValues statuses;
    private final Diagnostics diagnostics;
    private final String model;
    private final @Nullable Boolean streamAsked;
    private final long startNanos = System.nanoTime();
    private @Nullable ModelCallSpan span;
    private volatile @Nullable RequestBody requestBody;
    private volatile @Nullable AskedContent content;
    private volatile boolean streaming;
    private boolean told; // under the lock of progress

    /**
     * @param streamAsked whether the request asks for a stream; null if it could not be read
     * @param errorCodes of all services that this library's clients ask
     * @param statuses likewise
     * @param sdkMayRetry above HTTP, so that only a facade knows which attempt is the last
     */
    ModelCall(
            ModelOperation operation,
            @Nullable String model,
            @Nullable Boolean streamAsked,
            boolean sdkMayRetry,
            FewValues errorCodes,
            FewValues statuses,
            Diagnostics diagnostics) {
        this.errorCodes = errorCodes;
        this.statuses = statuses;
        this.operation = operation;
        this.model = model == null ? "unknown" : model;
        this.streamAsked = streamAsked;
        this.progress = new ModelCallProgress(sdkMayRetry);
        this.diagnostics = diagnostics;
    }

    /** @param asked body of the request that started it */
    void startedAs(ModelCallSpan started, @Nullable RequestBody asked) {
        span = started;
        requestBody = asked;
    }

    /** Only where the program records what is said. */
    void records(AskedContent asked) {
        content = asked;
    }

    /** Whether this is the body of the request that started it, which an interceptor of the program's sends once more. */
    boolean isAskedBy(@Nullable RequestBody body) {
        return body != null && body == requestBody;
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

    /** The Context that the attempts run in. */
    Context context(Context caller) {
        return span == null ? caller : span.life().context();
    }

    /** A further OkHttp call of the same logical one. What came of those before is over. */
    void callStarts() {
        progress.callStarts();
    }

    AttemptResponse attemptStarts() {
        AttemptResponse started = new AttemptResponse();
        boolean again = progress.attemptStarts(started);
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
    boolean responseStarts(AttemptResponse attempt, Response response, @Nullable MediaType type, Request asked) {
        ResponseScanner next =
                response.code() >= 300 ? null : operation.responseScanner(type, contentEncoding(response), streamAsked);
        boolean stream = next != null && next.isStream();
        RequestCredentials carried = RequestCredentials.of(asked, response.request());
        synchronized (progress) {
            AskedContent asking = content;
            OutputReader said =
                    next == null || asking == null ? null : asking.reader().output();
            if (progress.responseStarts(attempt, next, said, carried)) {
                streaming = stream;
            }
        }
        if (stream && span != null) {
            span.awaitsConsumer(); // who may never ask for the first chunk
        }
        return stream;
    }

    /** A response can have several such headers. */
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
    void gotBytes(AttemptResponse attempt, Buffer buffer, long byteCount, long nanos) {
        int chunks = 0;
        long gap = 0;
        String responseModel = null;
        synchronized (progress) { // a sweep can end the span, and with it the scanner, at any time
            ResponseScanner scanner = progress.accept(attempt, buffer, byteCount, nanos);
            if (scanner != null) {
                streaming = scanner.isStream();
                chunks = scanner.takeChunks();
                gap = chunks > 0 ? scanner.takeGap(nanos) : 0;
                responseModel = scanner.model();
            }
        }
        if (streaming && span != null) {
            span.awaitsConsumer(nanos);
            if (chunks > 0 && span.wantsChunks()) {
                span.chunks(chunks, gap, responseModel);
            }
        }
    }

    void attemptEnded(AttemptResponse attempt, Outcome outcome, @Nullable Throwable failure, int status) {
        if (span != null) {
            span.attemptEnds(outcome);
        }
        endBy(progress.attemptEnded(attempt, new AttemptEnd(outcome, failure, status)));
    }

    /** The body, which has ended, was closed. */
    void bodyClosed(AttemptResponse attempt) {
        endBy(progress.bodyClosed(attempt));
    }

    /** The program has the response, and the SDK reads it only when the program asks for more. */
    void handedOver() {
        endBy(progress.handedOver());
    }

    /** The program has asked for more. */
    void resumed() {
        progress.resumed();
    }

    /**
     * The steps hand a response to the SDK.
     *
     * @param of what the attempt of this response brings; null if it is no attempt of this call
     */
    void responded(@Nullable AttemptResponse of, int status) {
        endBy(progress.responded(of, status));
    }

    /** The steps hand this exception to the SDK. */
    void failed(Outcome outcome, Throwable failure) {
        endBy(progress.failed(outcome, failure));
    }

    /**
     * The SDK makes no further attempt. A body that the program still reads goes on, and an attempt that runs.
     *
     * @param why the program stopped the call, or null if it did not
     * @param failure what the program gets, or null for a result
     */
    void finished(@Nullable Ending why, @Nullable Throwable failure) {
        endBy(progress.finished(why, failure));
    }

    /** What was read up to now. */
    void facts(AttributeSink attributes) {
        ResponseFacts facts;
        RequestCredentials carried;
        int made;
        synchronized (progress) { // together: another thread may let go of the response
            facts = progress.facts();
            carried = progress.credentials();
            made = progress.attempts();
        }
        if (facts != null) {
            GenAiAttributes.put(carried.hiddenFrom(attributes), operation, facts, startNanos);
        }
        if (made > 1) {
            attributes.put(Attribute.ATTEMPTS.key(), (long) made);
        }
    }

    /** What was said up to now; null unless it is recorded. It is told once, last of what a span that ends asks for. */
    @Nullable
    CallContent content() {
        AskedContent said;
        RequestCredentials carried;
        OutputReader response;
        synchronized (progress) {
            said = content;
            carried = progress.credentials();
            response = progress.takeContent();
            told = true;
            letGo();
        }
        return said == null ? null : said.told(response, carried, diagnostics);
    }

    private void endBy(@Nullable AttemptEnd end) {
        if (end == null) {
            return;
        }
        SpanLife<?> ending = span == null ? null : span.life();
        if (ending == null || ending.isEnded()) {
            letGo();
            return;
        }
        try {
            Throwable failure = progress.failure(end);
            if (span != null && failure != null) {
                span.failedWith(failure, progress.words(failure));
            }
            Ending how = end.ofTheCall(
                    end.countsErrorInResponse() ? progress.error(end.outcome() == Outcome.COMPLETED, errorCodes) : null,
                    statuses);
            switch (how.outcome()) {
                case COMPLETED -> ending.completed();
                case INTERRUPTED -> ending.close();
                default -> ending.end(how);
            }
        } catch (Throwable e) { // of the program's SDK
            diagnostics.report("The span of a model call could not be ended", e);
            Throwables.propagateIfFatal(e);
        } finally {
            letGo();
        }
    }

    /**
     * A Context of the program can hold the span, and so this object, for long. Keeps what a span needs that another thread
     * is about to end.
     */
    private void letGo() {
        synchronized (progress) {
            if (told || span == null) {
                requestBody = null;
                content = null;
                progress.release();
            }
        }
    }
}
