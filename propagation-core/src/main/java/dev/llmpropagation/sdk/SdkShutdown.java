package dev.llmpropagation.sdk;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.internal.span.Throwables;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * Sends what an SDK still has, and shuts it down, within a bound: traces, metrics and logs each for themselves, so that a
 * collector that does not answer for one takes nothing from the others. For the end of the program; never on the way of a
 * request.
 */
public final class SdkShutdown {

    private static final Duration LONGEST = Duration.ofDays(365);

    private SdkShutdown() {}

    /**
     * Shuts down all three at once, on daemon threads of its own, and waits for them. An interrupt ends the wait. Never
     * throws, but for null.
     *
     * @param timeout for all together; at most 365 days, and less than zero is zero
     * @return the signals that did not end well in time, of {@code traces}, {@code metrics}, {@code logs}; empty if all did
     */
    public static List<String> within(OpenTelemetrySdk sdk, Duration timeout) {
        requireNonNull(sdk, "sdk");
        Duration bounded = timeout.isNegative() ? Duration.ZERO : timeout.compareTo(LONGEST) < 0 ? timeout : LONGEST;
        long deadline = System.nanoTime() + bounded.toNanos();
        Map<String, Part> parts = new LinkedHashMap<>();
        parts.put("traces", new Part(sdk.getSdkTracerProvider()::shutdown));
        parts.put("metrics", new Part(sdk.getSdkMeterProvider()::shutdown));
        parts.put("logs", new Part(sdk.getSdkLoggerProvider()::shutdown));
        parts.forEach((signal, part) -> part.start(signal));
        List<String> late = new ArrayList<>();
        parts.forEach((signal, part) -> {
            if (!part.await(deadline)) {
                late.add(signal);
            }
        });
        return List.copyOf(late);
    }

    /** Some exporters block in their shutdown, so each has a thread. */
    private static final class Part {
        private final Supplier<CompletableResultCode> shutdown;
        private final AtomicBoolean success = new AtomicBoolean();
        private final Thread thread = new Thread(this::run);

        Part(Supplier<CompletableResultCode> shutdown) {
            this.shutdown = shutdown;
        }

        void start(String signal) {
            thread.setName("llm-propagation-shutdown-" + signal);
            thread.setDaemon(true);
            thread.start();
        }

        private void run() {
            try {
                CompletableResultCode result = shutdown.get();
                success.set(result.join(1, TimeUnit.DAYS).isSuccess());
            } catch (Throwable e) { // exporters are the program's
                success.set(false);
                Throwables.propagateIfFatal(e);
            }
        }

        boolean await(long deadline) {
            try {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                thread.join(Math.max(1, left));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return !thread.isAlive() && success.get();
        }
    }
}
