package dev.llmpropagation.internal.span;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Tells the operator that something of ours failed, at a limited rate. Each kind of message is reported at most once in
 * 30 seconds, with the number of those left out. Never shows the message of an exception, which can carry a secret.
 * Thread-safe; never throws.
 */
public final class Diagnostics {

    private static final Logger LOGGER = Logger.getLogger("dev.llmpropagation");
    private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final Consumer<String> sink;
    private final LongSupplier nanoTime;
    // Keys are constants of this library, so the map is bounded.
    private final ConcurrentMap<String, Budget> budgets = new ConcurrentHashMap<>();

    private Diagnostics(Consumer<String> sink, LongSupplier nanoTime) {
        this.sink = sink;
        this.nanoTime = nanoTime;
    }

    /** Reports to this sink, or to the logger {@code dev.llmpropagation} at level WARNING if it is null. */
    public static Diagnostics to(@Nullable Consumer<String> sink) {
        return to(sink, System::nanoTime);
    }

    /** @param nanoTime as {@link System#nanoTime()} */
    public static Diagnostics to(@Nullable Consumer<String> sink, LongSupplier nanoTime) {
        return new Diagnostics(sink != null ? sink : text -> LOGGER.log(Level.WARNING, text), nanoTime);
    }

    /**
     * @param what a constant text without secrets; one budget each
     * @param cause its class is named, its message is not
     */
    public void report(String what, @Nullable Throwable cause) {
        try {
            Budget budget = budgets.computeIfAbsent(what, key -> new Budget(nanoTime.getAsLong() - INTERVAL_NANOS));
            int leftOut = budget.take(nanoTime.getAsLong());
            if (leftOut >= 0) {
                sink.accept(what
                        + (cause == null ? "" : " (" + cause.getClass().getName() + ")")
                        + (leftOut == 0 ? "" : "; " + leftOut + " more of these were not shown"));
            }
        } catch (Throwable e) {
            // The sink is the program's: whatever it throws must not reach the call.
            Throwables.propagateIfFatal(e);
        }
    }

    private static final class Budget {
        private long lastNanos;
        private int leftOut;

        Budget(long lastNanos) {
            this.lastNanos = lastNanos;
        }

        /** The number of messages left out since the last one shown, or -1 if this one is left out too. */
        synchronized int take(long now) {
            if (now - lastNanos < INTERVAL_NANOS) {
                leftOut++;
                return -1;
            }
            lastNanos = now;
            int result = leftOut;
            leftOut = 0;
            return result;
        }
    }
}
