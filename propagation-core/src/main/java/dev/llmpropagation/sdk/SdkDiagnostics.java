package dev.llmpropagation.sdk;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.internal.span.SpanText;
import dev.llmpropagation.internal.span.Throwables;
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

    private final Logger[] loggers = {
        Logger.getLogger("io.opentelemetry"), Logger.getLogger("dev.llmpropagation"),
    };
    private final boolean[] before = new boolean[loggers.length];
    private final Handler handler;

    private SdkDiagnostics(Consumer<String> sink) {
        handler = new Sink(sink);
        for (int i = 0; i < loggers.length; i++) {
            before[i] = loggers[i].getUseParentHandlers();
            loggers[i].setUseParentHandlers(false);
            loggers[i].addHandler(handler);
        }
    }

    /**
     * From now on, the loggers {@code io.opentelemetry} and {@code dev.llmpropagation} tell this sink alone. Keep the
     * result: the loggers would be forgotten with it.
     *
     * @param sink gets one line, without credentials and control characters, at most 1024 long; on any thread
     */
    public static SdkDiagnostics to(Consumer<String> sink) {
        return new SdkDiagnostics(requireNonNull(sink, "sink"));
    }

    /** As it was before. */
    @Override
    public void close() {
        for (int i = 0; i < loggers.length; i++) {
            loggers[i].removeHandler(handler);
            loggers[i].setUseParentHandlers(before[i]);
        }
    }

    private static final class Sink extends Handler {
        private final Consumer<String> sink;
        private final SimpleFormatter formatter = new SimpleFormatter();

        Sink(Consumer<String> sink) {
            this.sink = sink;
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
