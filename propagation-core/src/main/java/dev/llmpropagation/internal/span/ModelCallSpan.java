package dev.llmpropagation.internal.span;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The span of a model call, as the clients of this library tell of it: its life, whose turn it is in a streamed answer, and
 * further attempts. Thread-safe; nothing here throws.
 */
public final class ModelCallSpan {

    private enum Turn {
        CALL,
        SERVICE,
        CONSUMER
    }

    private final SpanLife<?> life;
    private final Consumer<String> retries;
    private volatile Turn turn = Turn.CALL;

    /** @param retries counts an attempt after the first, by the model */
    public ModelCallSpan(SpanLife<?> life, Consumer<String> retries) {
        this.life = life;
        this.retries = retries;
    }

    public SpanLife<?> life() {
        return life;
    }

    /** A wire attempt after the first. */
    public void retried(String model) {
        life.measure(() -> retries.accept(model));
    }

    /** The next chunk of a streamed answer is asked for. If none comes for too long, the service is to blame. */
    public void awaitsService() {
        turns(Turn.SERVICE, life.instrumentation().now());
    }

    /** A chunk of a streamed answer has come. If no other is asked for for too long, the service is not to blame. */
    public void awaitsConsumer() {
        awaitsConsumer(life.instrumentation().now());
    }

    /** @param now as {@link System#nanoTime()}, of one who has just asked */
    public void awaitsConsumer(long now) {
        turns(Turn.CONSUMER, now);
    }

    private void turns(Turn whose, long now) {
        life.active(now); // first, so that a sweep never sees the new turn with the old time
        turn = whose;
    }

    /** A streamed answer that stands still for so long timed out, or was abandoned, by whose turn it was. */
    public void endIfIdle(long now, long limitNanos) {
        Turn whose = turn;
        if (whose != Turn.CALL && life.idleNanos(now) >= limitNanos) {
            life.end(
                    whose == Turn.SERVICE
                            ? new Ending(Outcome.TIMED_OUT, "timeout", null, null, whose)
                            : Ending.of(Outcome.ABANDONED, whose));
        }
    }

    /** Who let a streamed answer stand still until it was ended: {@code service} or {@code consumer}; null if nobody did. */
    public static @Nullable String idle(Ending ending) {
        return ending.detail() instanceof Turn whose ? (whose == Turn.SERVICE ? "service" : "consumer") : null;
    }
}
