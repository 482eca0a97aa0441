package dev.llmpropagation.internal.span;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The span of a model call, as the clients of this library tell of it: its life, whose turn it is in a streamed
 * response, and its attempts. Thread-safe; nothing here throws.
 */
public final class ModelCallSpan {

    /** A service may take hours. */
    private static final long LONGEST_ATTEMPT_NANOS = TimeUnit.HOURS.toNanos(24);

    private enum Turn {
        CALL,
        SERVICE,
        CONSUMER
    }

    private final SpanLife<?> life;
    private final Listener listener;
    private final boolean wantsChunks;
    private final AtomicInteger attempts = new AtomicInteger(); // under way: a program can have several at once
    private volatile long lastAttemptNanos;
    private volatile Turn turn = Turn.CALL;

    /** What else is told of a model call than its end. */
    public interface Listener {

        /** An attempt after the first. */
        void onRetry(String model);

        /** Whether chunks after the first are asked for. */
        boolean wantsChunks();

        /** A chunk after the first, by the time since the one before. */
        void onChunk(long gapNanos, @Nullable String model);

        /** What the program gets, or the last attempt failed with, if the call fails. */
        void onFailure(Throwable failure, @Nullable String words);
    }

    public ModelCallSpan(SpanLife<?> life, Listener listener) {
        this.life = life;
        this.listener = listener;
        this.wantsChunks = listener.wantsChunks();
    }

    public SpanLife<?> life() {
        return life;
    }

    /** A wire attempt is under way, until {@link #attemptEnds}. */
    public void attemptStarts() {
        long now = life.instrumentation().now();
        lastAttemptNanos = now;
        if (attempts.getAndIncrement() == 0) {
            turn = Turn.CALL; // what was streamed before is over
        }
        life.touch(now);
    }

    /** @param outcome of the attempt; one that the program has lost is no activity */
    public void attemptEnds(Outcome outcome) {
        if (outcome != Outcome.ABANDONED && !life.isEnded()) {
            life.touch();
        }
        attempts.decrementAndGet();
    }

    /**
     * Whether the program waits for a response that is on its way, however long it takes. A stream that has begun shows
     * its activity itself.
     */
    public boolean isHeld(long now) {
        return attempts.get() > 0 && turn == Turn.CALL && now - lastAttemptNanos < LONGEST_ATTEMPT_NANOS;
    }

    /** A wire attempt after the first. */
    public void retried(String model) {
        life.measure(() -> listener.onRetry(model));
    }

    /** Whether anybody measures chunks after the first; else they need not be told. */
    public boolean wantsChunks() {
        return wantsChunks;
    }

    /**
     * Chunks after the first, which came together.
     *
     * @param gapNanos since the one before them
     * @param model that answers, if it is known
     */
    public void chunks(int count, long gapNanos, @Nullable String model) {
        life.measure(() -> {
            for (int i = 0; i < count; i++) {
                listener.onChunk(i == 0 ? gapNanos : 0, model);
            }
        });
    }

    /**
     * The exception of a call that ends as failed.
     *
     * @param words its message, if it may be shown where content is
     */
    public void failedWith(Throwable failure, @Nullable String words) {
        listener.onFailure(failure, words);
    }

    /** The next chunk of a streamed response is asked for. If none comes for too long, the service is to blame. */
    public void awaitsService() {
        turns(Turn.SERVICE, life.instrumentation().now());
    }

    /** A chunk of a streamed response has come. If no other is asked for for too long, the service is not to blame. */
    public void awaitsConsumer() {
        awaitsConsumer(life.instrumentation().now());
    }

    /** @param now as {@link System#nanoTime()}, of one who has just asked */
    public void awaitsConsumer(long now) {
        turns(Turn.CONSUMER, now);
    }

    private void turns(Turn whose, long now) {
        life.active(now); // first: a sweep must not see the new turn with the old time
        turn = whose;
    }

    /** A streamed response that stands still for so long timed out, or was abandoned, by whose turn it was. */
    public void endIfIdle(long now, long limitNanos) {
        Turn whose = turn;
        if (whose != Turn.CALL && life.idleNanos(now) >= limitNanos) {
            life.end(
                    whose == Turn.SERVICE
                            ? new Ending(Outcome.TIMED_OUT, "timeout", null, null, whose)
                            : Ending.of(Outcome.ABANDONED, whose));
        }
    }

    /**
     * Who let a streamed response stand still until it was ended: {@code service} or {@code consumer}; null if nobody
     * did.
     */
    public static @Nullable String idle(Ending ending) {
        return ending.detail() instanceof Turn whose ? (whose == Turn.SERVICE ? "service" : "consumer") : null;
    }
}
