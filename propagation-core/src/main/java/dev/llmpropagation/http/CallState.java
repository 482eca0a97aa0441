package dev.llmpropagation.http;

import dev.llmpropagation.destination.Origin;
import okhttp3.Call;
import org.jspecify.annotations.Nullable;

/**
 * What the steps of one OkHttp call share: made by {@link CallContext}, found again by {@link Attempts}.
 *
 * @param origin the origin that the client was built for, or null if none is known
 * @param capture what the event listener saw, or null where OkHttp has none (WebSockets)
 * @param priorRetries retries that the SDK made before this call, when no facade counts them
 * @param startNanos see {@link #startNanos(Call, CallCapture)}
 */
record CallState(
        Call call,
        LogicalCall logical,
        @Nullable Origin origin,
        @Nullable CallCapture capture,
        int priorRetries,
        long startNanos) {

    // OkHttp runs the interceptors of a call on one thread. An entry in the Context would cost two objects for each
    // call.
    private static final ThreadLocal<@Nullable CallState> CURRENT = new ThreadLocal<>();

    /** The state of this call, or null where a program's interceptor has gone on with it on another thread. */
    static @Nullable CallState current(Call call) {
        CallState state = CURRENT.get();
        return state != null && state.call == call ? state : null;
    }

    /** Makes this the current one of this thread. Returns what was, for {@link #restore}. */
    @Nullable
    CallState makeCurrent() {
        CallState outer = CURRENT.get();
        CURRENT.set(this);
        return outer;
    }

    static void restore(@Nullable CallState outer) {
        CURRENT.set(outer); // not remove(), which makes the next set() allocate
    }

    /** When the timeout of the call began to run, by {@link System#nanoTime()}; 0 for a call without timeout. */
    static long startNanos(Call call, @Nullable CallCapture capture) {
        if (call.timeout().timeoutNanos() <= 0) {
            return 0;
        }
        return capture != null && capture.startedOnThisThread() ? capture.startNanos() : System.nanoTime();
    }
}
