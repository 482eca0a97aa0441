package dev.llmpropagation.http;

import dev.llmpropagation.destination.Origin;
import io.opentelemetry.context.ContextKey;
import okhttp3.Call;
import org.jspecify.annotations.Nullable;

/**
 * What the steps of one OkHttp call share, put into the Context by {@link CallContext}.
 *
 * @param origin the origin that the client was built for, or null if none is known
 * @param capture what the event listener saw, or null where OkHttp has none (WebSockets)
 * @param priorRetries retries that the SDK made before this call, when no facade counts them
 * @param startNanos see {@link #startNanos(Call, CallCapture)}
 */
record CallState(
        LogicalCall logical,
        @Nullable Origin origin,
        @Nullable CallCapture capture,
        int priorRetries,
        long startNanos) {

    static final ContextKey<CallState> KEY = ContextKey.named("llm-propagation-call-state");

    /** When the timeout of the call began to run, by {@link System#nanoTime()}; 0 for a call without timeout. */
    static long startNanos(Call call, @Nullable CallCapture capture) {
        if (call.timeout().timeoutNanos() <= 0) {
            return 0;
        }
        return capture != null && capture.startedOnThisThread() ? capture.startNanos() : System.nanoTime();
    }
}
