package dev.llmpropagation.sdk;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.internal.span.SpanText;
import dev.llmpropagation.internal.span.Throwables;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * Keeps what telemetry has to say of itself off the standard streams, which can be a protocol. OpenTelemetry and this
 * library log by {@code java.util.logging}, whose default prints to standard error.
 */
public final class SdkDiagnostics implements AutoCloseable {

    private static final Object LOCK = new Object(); // the loggers are those of the whole program

    private final List<Sink> sinks;

    private SdkDiagnostics(Consumer<String> sink) {
        synchronized (LOCK) {
            sinks = List.of(Sink.of("io.opentelemetry", sink), Sink.of("dev.llmpropagation", sink));
        }
    }

    /**
     * From now on, the loggers {@code io.opentelemetry} and {@code dev.llmpropagation} tell this sink, and the others that
     * are open, and nobody else. Keep the result: the loggers would be forgotten with it.
     *
     * @param sink gets one line, without credentials and control characters, at most 1024 long; on any thread
     */
    public static SdkDiagnostics to(Consumer<String> sink) {
        return new SdkDiagnostics(requireNonNull(sink, "sink"));
    }

    /** This sink is told no more. When none is left, in whatever order they are closed, all is as before the first. */
    @Override
    public void close() {
        synchronized (LOCK) {
            sinks.forEach(Sink::leave);
        }
    }

    /** What it was like before stands in each of them, so that the last one to leave knows. */
    private static final class Sink extends Handler {
        private final Logger logger;
        private final boolean usedParents;
        private final Consumer<String> sink;
        private final SimpleFormatter formatter = new SimpleFormatter();

        private Sink(Logger logger, boolean usedParents, Consumer<String> sink) {
            this.logger = logger;
            this.usedParents = usedParents;
            this.sink = sink;
        }

        static Sink of(String name, Consumer<String> sink) {
            Logger logger = Logger.getLogger(name);
            boolean usedParents = on(logger).map(other -> other.usedParents).orElseGet(logger::getUseParentHandlers);
            Sink added = new Sink(logger, usedParents, sink);
            logger.setUseParentHandlers(false);
            logger.addHandler(added);
            return added;
        }

        void leave() {
            boolean there = List.of(logger.getHandlers()).contains(this);
            logger.removeHandler(this);
            if (there && on(logger).isEmpty()) {
                logger.setUseParentHandlers(usedParents);
            }
        }

        private static Optional<Sink> on(Logger logger) {
            return Arrays.stream(logger.getHandlers())
                    .filter(Sink.class::isInstance)
                    .map(Sink.class::cast)
                    .findFirst();
        }

        @Override
        public void publish(LogRecord record) {
            try {
                Throwable thrown = record.getThrown();
                String line = record.getLevel() + " " + record.getLoggerName() + ": " + formatter.formatMessage(record);
                String shown = SpanText.error(
                        thrown == null ? line : line + " (" + thrown.getClass().getName() + ")");
                if (isLoggable(record) && shown != null) {
                    sink.accept(shown);
                }
            } catch (Throwable e) {
                // The sink is the program's: whatever it throws must not reach the exporter.
                Throwables.propagateIfFatal(e);
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }
}
