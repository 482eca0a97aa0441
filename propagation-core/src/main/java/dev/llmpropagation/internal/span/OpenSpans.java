package dev.llmpropagation.internal.span;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The spans of one instrumentation that have not ended. Held strongly, so that those that the program has lost end too.
 * A sweep ends those without activity for too long; it runs when a later span starts, at most once a minute, or on the
 * program's executor while something is open. Thread-safe, without a thread of its own.
 */
public final class OpenSpans {

    private static final long SWEEP_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final Instrumentation instrumentation;
    private final @Nullable ScheduledExecutorService executor;
    private final Set<SpanLife<?>> open = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final AtomicLong lastSweep;

    /** @param executor sweeps once a minute while spans are open; null to sweep when a later span starts */
    public OpenSpans(Instrumentation instrumentation, @Nullable ScheduledExecutorService executor) {
        this.instrumentation = instrumentation;
        this.executor = executor;
        this.lastSweep = new AtomicLong(instrumentation.now());
    }

    Instrumentation instrumentation() {
        return instrumentation;
    }

    void add(SpanLife<?> life) {
        open.add(life);
        if (life.isEnded()) { // meanwhile, by a sweep or the end of the program
            open.remove(life);
        }
        long now = life.startNanos();
        long last = lastSweep.get();
        if (now - last >= SWEEP_NANOS && lastSweep.compareAndSet(last, now)) {
            sweep();
        }
    }

    void remove(SpanLife<?> life) {
        open.remove(life);
    }

    /** Ends the spans without activity for too long. */
    public void sweep() {
        long now = instrumentation.now();
        open.forEach(life -> life.passOnActivity(now));
        Throwables.forAll(open, life -> life.sweep(now));
    }

    /** Handles of this type whose spans are open now. */
    public <H> List<H> handles(Class<H> type) {
        return open.stream()
                .map(SpanLife::handle)
                .filter(type::isInstance)
                .map(type::cast)
                .toList();
    }

    public int size() {
        return open.size();
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
}
