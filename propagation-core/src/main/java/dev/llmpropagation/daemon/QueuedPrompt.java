package dev.llmpropagation.daemon;

import io.opentelemetry.context.Context;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A prompt that waits for its turn. It keeps the Context in which it was queued, so that it is sent within its own request,
 * whichever thread takes it from the queue. Immutable but for its first dispatch, and thread-safe.
 */
public final class QueuedPrompt {

    private static final long WAITING = -1;

    private final Engine engine;
    private final Context context;
    private final long queuedNanos;
    private final AtomicLong waitNanos = new AtomicLong(WAITING);

    QueuedPrompt(Engine engine) {
        this.engine = engine;
        this.context = engine.context();
        this.queuedNanos = engine.live().now();
    }

    /**
     * The prompt leaves the queue: {@code prompt.dispatch}, with the time that it waited, in milliseconds. If it was
     * cancelled in the queue, say so within, as {@code step.cancelled()}, and send nothing. A prompt that is dispatched
     * again, after its process was lost, has waited for as long as the first time. Never throws.
     */
    public BridgeSpan.Builder dispatch() {
        long waited = Math.max(0, engine.live().now() - queuedNanos);
        if (waitNanos.compareAndSet(WAITING, waited)) {
            engine.quietly(
                    "A metric could not be recorded", () -> engine.metrics().queueWait(waited, context));
        }
        return new BridgeSpan.Builder(engine, BridgeOperation.PROMPT_DISPATCH, context, waitNanos.get());
    }
}
