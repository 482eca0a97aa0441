package dev.llmpropagation.internal.http;

import dev.llmpropagation.destination.Origin;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import okhttp3.Call;
import org.jspecify.annotations.Nullable;

/**
 * What the steps of one OkHttp call share, on whatever thread each of them runs: made by {@link CallerContextInterceptor}, found again
 * by {@link AttemptHandler} through {@link RunningCalls}. Thread-safe.
 */
final class CallState {

    private final Call call;
    private final LogicalCall logical;
    private final @Nullable Origin origin;
    private final @Nullable CallEventListener capture;
    private final int priorRetries;
    private final long startNanos;
    private final Context context;

    private volatile @Nullable Thread thread;
    private volatile boolean attempted;

    /**
     * @param origin the origin that the client was built for, or null if none is known
     * @param capture what the event listener saw, or null where OkHttp has none (WebSockets)
     * @param priorRetries retries that the SDK made before this call, when no facade counts them
     * @param startNanos see {@link #startNanos(Call, CallEventListener)}
     * @param context what the steps after the first one run in
     */
    CallState(
            Call call,
            LogicalCall logical,
            @Nullable Origin origin,
            @Nullable CallEventListener capture,
            int priorRetries,
            long startNanos,
            Context context) {
        this.call = call;
        this.logical = logical;
        this.origin = origin;
        this.capture = capture;
        this.priorRetries = priorRetries;
        this.startNanos = startNanos;
        this.context = context;
        this.thread = Thread.currentThread();
    }

    Call call() {
        return call;
    }

    LogicalCall logical() {
        return logical;
    }

    @Nullable
    Origin origin() {
        return origin;
    }

    @Nullable
    CallEventListener capture() {
        return capture;
    }

    int priorRetries() {
        return priorRetries;
    }

    long startNanos() {
        return startNanos;
    }

    Context context() {
        return context;
    }

    /** An attempt of the call starts, with or without a span. */
    void attempted() {
        attempted = true;
    }

    boolean wasAttempted() {
        return attempted;
    }

    /** The call leaves the first step. Its body can keep this object for long, which then must not keep the thread. */
    void leave() {
        thread = null;
    }

    /**
     * The parent of an attempt: the current Context if it belongs to this call, else the Context of the call. On another
     * thread, where an interceptor of the program goes on with the call, any Context can be current.
     */
    Context parentOfAttempt(Context current) {
        if (thread == Thread.currentThread() || current == context) {
            return current;
        }
        SpanContext here = Span.fromContext(current).getSpanContext();
        SpanContext there = Span.fromContext(context).getSpanContext();
        return here.isValid() && here.getTraceId().equals(there.getTraceId()) ? current : context;
    }

    /** When the timeout of the call began to run, by {@link System#nanoTime()}; 0 for a call without timeout. */
    static long startNanos(Call call, @Nullable CallEventListener capture) {
        if (call.timeout().timeoutNanos() <= 0) {
            return 0;
        }
        return capture != null && capture.startedOnThisThread() ? capture.startNanos() : System.nanoTime();
    }
}
