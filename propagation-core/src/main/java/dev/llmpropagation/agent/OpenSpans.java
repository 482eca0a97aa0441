package dev.llmpropagation.agent;

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

    void add(AgentSpan span) {
        open.add(span);
        long now = now();
        long last = lastSweep.get();
        if (now - last >= SWEEP_NANOS && lastSweep.compareAndSet(last, now)) {
            sweep();
        }
        schedule();
    }

    void remove(AgentSpan span) {
        open.remove(span);
    }

    /** Registers an interaction by its prompt, and returns the one that was still open under the same. */
    @Nullable
    Interaction replace(Interaction interaction) {
        return interactions.put(new Prompt(interaction.session(), interaction.promptId()), interaction);
    }

    /** Only if it is still the one under its prompt. */
    void remove(Interaction interaction) {
        interactions.remove(new Prompt(interaction.session(), interaction.promptId()), interaction);
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

    private void schedule() {
        if (executor == null || open.isEmpty() || !scheduled.compareAndSet(false, true)) {
            return;
        }
        try {
            Future<?> unused = executor.schedule(this::scheduledSweep, SWEEP_NANOS, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            scheduled.set(false); // it is shut down; sweeping goes on when spans start
        }
    }

    private void scheduledSweep() {
        scheduled.set(false);
        sweep();
        schedule();
    }

    private record Prompt(@Nullable String session, String promptId) {}
}
