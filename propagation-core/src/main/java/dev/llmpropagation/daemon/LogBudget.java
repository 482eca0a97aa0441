package dev.llmpropagation.daemon;

import java.util.function.LongSupplier;

/** How many records may be written: some at once, and one more after each interval. Thread-safe. */
final class LogBudget {

    private final int burst;
    private final long refillNanos;
    private final LongSupplier nanoTime;
    private long tokens;
    private long refilledNanos;

    LogBudget(int burst, long refillNanos, LongSupplier nanoTime) {
        this.burst = burst;
        this.refillNanos = refillNanos;
        this.nanoTime = nanoTime;
        this.tokens = burst;
        this.refilledNanos = nanoTime.getAsLong();
    }

    /** Whether one more may be written. */
    synchronized boolean take() {
        long now = nanoTime.getAsLong();
        long refill = (now - refilledNanos) / refillNanos;
        if (refill > 0) {
            tokens = Math.min(burst, tokens + refill);
            refilledNanos += refill * refillNanos;
        }
        if (tokens == 0) {
            return false;
        }
        tokens--;
        return true;
    }
}
