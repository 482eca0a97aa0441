package dev.llmpropagation.agent;

import dev.llmpropagation.span.Ending;
import dev.llmpropagation.span.Outcome;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The spans that have not ended, held strongly: one that nobody refers to any more must still end. A sweep ends those
 * without activity for too long; it runs when a later span starts, at most once a minute, or on the program's executor
 * while something is open. Thread-safe, without a thread of its own.
 */
final class OpenSpans {

    static final long SWEEP_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final Set<AgentSpan> open = ConcurrentHashMap.newKeySet();
    private final ConcurrentMap<Prompt, Interaction> interactions = new ConcurrentHashMap<>();
    private final LongSupplier nanoTime;
    private final long ttlNanos;
    private final long backgroundTtlNanos;
    private final long streamIdleNanos;
    private final @Nullable ScheduledExecutorService executor;
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final AtomicLong lastSweep;

    /** @param executor sweeps once a minute while spans are open; null to sweep when a later span starts */
    OpenSpans(
            LongSupplier nanoTime,
            long ttlNanos,
            long backgroundTtlNanos,
            long streamIdleNanos,
            @Nullable ScheduledExecutorService executor) {
        this.nanoTime = nanoTime;
        this.ttlNanos = ttlNanos;
        this.backgroundTtlNanos = backgroundTtlNanos;
        this.streamIdleNanos = streamIdleNanos;
        this.executor = executor;
        this.lastSweep = new AtomicLong(nanoTime.getAsLong());
    }

    long now() {
        return nanoTime.getAsLong();
    }

    long ttlNanos(boolean background) {
        return background ? backgroundTtlNanos : ttlNanos;
    }

    /**
     * An interaction takes the place of one that is still open under the same prompt: that is cancelled.
     *
     * @param now when the span started
     */
    void add(AgentSpan span, long now) {
        open.add(span);
        if (span instanceof Interaction interaction) {
            Interaction previous = interactions.put(Prompt.of(interaction), interaction);
            if (previous != null) {
                previous.cancelled();
            }
        }
        if (span.isEnded()) { // meanwhile, by a sweep or the end of the program
            remove(span);
        }
        long last = lastSweep.get();
        if (now - last >= SWEEP_NANOS && lastSweep.compareAndSet(last, now)) {
            sweep();
        }
    }

    void remove(AgentSpan span) {
        open.remove(span);
        if (span instanceof Interaction interaction) {
            interactions.remove(Prompt.of(interaction), interaction);
        }
    }

    @Nullable
    Interaction find(@Nullable String session, String promptId) {
        return interactions.get(new Prompt(session, promptId));
    }

    void sweep() {
        long now = now();
        open.forEach(AgentSpan::passOnActivity);
        for (AgentSpan span : open) {
            if (span instanceof LlmRequest request) {
                request.endIfIdle(now, streamIdleNanos);
            }
            if (span.idleNanos(now) >= span.ttlNanos()) {
                span.end(Ending.of(Outcome.ABANDONED));
            }
        }
    }

    void cancelAll() {
        open.forEach(AgentSpan::cancelled);
    }

    int size() {
        return open.size() + interactions.size();
    }

    /** Has the executor sweep in a minute, if there is one and something is open. Throws what the executor throws. */
    void schedule() {
        if (executor == null || open.isEmpty() || !scheduled.compareAndSet(false, true)) {
            return;
        }
        boolean accepted = false;
        try {
            Future<?> unused = executor.schedule(this::scheduledSweep, SWEEP_NANOS, TimeUnit.NANOSECONDS);
            accepted = true;
        } catch (RejectedExecutionException e) {
            // it is shut down; sweeping goes on when spans start
        } finally {
            if (!accepted) {
                scheduled.set(false);
            }
        }
    }

    private void scheduledSweep() {
        scheduled.set(false);
        try {
            sweep();
        } finally {
            schedule();
        }
    }

    private record Prompt(@Nullable String session, String promptId) {

        static Prompt of(Interaction interaction) {
            return new Prompt(interaction.session(), interaction.promptId());
        }
    }
}
