package dev.llmpropagation.daemon;

import io.opentelemetry.context.Context;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A prompt that waits for its turn. It keeps the Context in which it was queued, so that it is sent within its own request,
 * whichever thread takes it from the queue. Immutable but for its first dispatch, and thread-safe.
 */
public final class QueuedPrompt {

    private static final long WAITING = -1;

    private final DaemonInstruments instruments;
    private final Context context;
    private final @Nullable WaitingPrompts waiting;
    private final long queuedNanos;
    private final AtomicLong waitNanos = new AtomicLong(WAITING);

    private QueuedPrompt(DaemonInstruments instruments, Context context, @Nullable WaitingPrompts waiting) {
        this.instruments = instruments;
        this.context = context;
        this.waiting = waiting;
        this.queuedNanos = instruments.instrumentation().now();
    }

    /**
     * @param context in which it is queued
     * @param waiting those of its request; null for none
     */
    static QueuedPrompt in(Context context, DaemonInstruments instruments, @Nullable WaitingPrompts waiting) {
        QueuedPrompt queued = new QueuedPrompt(instruments, context, waiting);
        if (waiting != null) {
            waiting.add(queued);
        }
        return queued;
    }

    /**
     * The prompt leaves the queue: {@code prompt.dispatch}, with the time that it waited, in milliseconds. If it was
     * cancelled in the queue, say so within, as {@code step.cancelled()}, and send nothing. A prompt that is dispatched
     * again, after its process was lost, has waited for as long as the first time. Never throws.
     */
    public BridgeSpan.Builder dispatch() {
        long waited = Math.max(0, instruments.instrumentation().now() - queuedNanos);
        if (waitNanos.compareAndSet(WAITING, waited)) {
            instruments.instrumentation().measure(() -> instruments.metrics().queueWait(waited, context));
        }
        if (waiting != null) {
            waiting.leaves(this);
        }
        return new BridgeSpan.Builder(instruments, BridgeOperation.PROMPT_DISPATCH, context, waitNanos.get());
    }
}
