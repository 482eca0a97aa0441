package dev.llmpropagation.internal.span;

import static java.util.Objects.requireNonNull;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.logs.LogRecordBuilder;
import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.TracerBuilder;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Properties;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What all spans, metrics and log events of one instrumentation scope share. Immutable and thread-safe.
 *
 * @param tracer null without an SDK: then the trace of the caller passes through unchanged
 * @param clock as {@link System#nanoTime()}
 */
public record Instrumentation(
        @Nullable Tracer tracer, Meter meter, Logger logger, LongSupplier clock, Diagnostics diagnostics) {

    private static final Duration LONGEST = Duration.ofDays(365);

    /** Of this library; {@code unknown} where its jar was taken apart. */
    public static String version() {
        Properties properties = new Properties();
        try (InputStream in = Instrumentation.class.getResourceAsStream("/dev/llmpropagation/version.properties")) {
            if (in != null) {
                properties.load(in);
            }
        } catch (IOException e) {
            // the scope goes without a version
        }
        return properties.getProperty("version", "unknown");
    }

    /**
     * A limit of time that a program sets.
     *
     * @throws IllegalArgumentException unless it is positive and at most 365 days
     */
    public static Duration limit(String setting, Duration duration) {
        requireNonNull(duration, setting);
        if (duration.isNegative() || duration.isZero() || duration.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    setting + ": " + duration + " is out of range; use a positive duration of at most 365 days");
        }
        return duration;
    }

    public long now() {
        return clock.getAsLong();
    }

    /** Runs a step of ours. Whatever it throws, the program's own work goes on. */
    public void quietly(String whatFailed, Runnable step) {
        try {
            step.run();
        } catch (Throwable e) { // span processors, exporters and sinks are the program's
            diagnostics.report(whatFailed, e);
            Throwables.propagateIfFatal(e);
        }
    }

    /** Records metrics. As {@link #quietly}. */
    public void measure(Runnable metrics) {
        quietly("A metric could not be recorded", metrics);
    }

    /** Emits a log event. As {@link #quietly}. */
    public void log(Runnable event) {
        quietly("A log event could not be emitted", event);
    }

    /** Makes it current, or goes without where the program's context storage fails. */
    public Scope current(Context context) {
        return new CurrentContext(diagnostics::report).scope(context);
    }

    /** The Context that is current, or the root where the program's context storage fails. */
    public Context context() {
        return new CurrentContext(diagnostics::report).get();
    }

    /** An id generator is asked without a Context, so a root's own must be current: it says whose trace this is. */
    public Span startRoot(SpanBuilder builder, Context own) {
        Span span = Span.getInvalid();
        try {
            try (Scope ignored = current(own)) {
                span = builder.startSpan();
            }
            return span;
        } catch (Error fatal) { // nobody gets the span
            span.end();
            throw fatal;
        }
    }

    /** A log event that is about to be emitted, with the trace and span id of this Context. */
    public LogRecordBuilder event(String name, Severity severity, Context context) {
        return OlderOpenTelemetry.name(logger.logRecordBuilder(), name)
                .setSeverity(severity)
                .setContext(context);
    }

    /** What a program may set of it. Not thread-safe. */
    public static final class Builder {

        private final OpenTelemetry openTelemetry;
        private @Nullable Consumer<String> sink;
        private LongSupplier clock = System::nanoTime;

        public Builder(OpenTelemetry openTelemetry) {
            this.openTelemetry = openTelemetry;
        }

        /** @param lines where what failed is told; see {@link Diagnostics#to(Consumer)} for the default */
        public void diagnostics(Consumer<String> lines) {
            sink = requireNonNull(lines, "diagnostics");
        }

        /** For tests. Default: {@link System#nanoTime()} */
        public void clock(LongSupplier nanoTime) {
            clock = nanoTime;
        }

        /** @param schemaUrl of the spans, or null for none */
        public Instrumentation build(String scope, @Nullable String schemaUrl) {
            String version = version();
            Tracer tracer = null;
            if (openTelemetry.getTracerProvider() != TracerProvider.noop()) {
                TracerBuilder builder = openTelemetry.tracerBuilder(scope).setInstrumentationVersion(version);
                tracer = (schemaUrl == null ? builder : builder.setSchemaUrl(schemaUrl)).build();
            }
            Meter meter = openTelemetry
                    .meterBuilder(scope)
                    .setInstrumentationVersion(version)
                    .build();
            Logger logger = openTelemetry
                    .getLogsBridge()
                    .loggerBuilder(scope)
                    .setInstrumentationVersion(version)
                    .build();
            return new Instrumentation(tracer, meter, logger, clock, Diagnostics.to(sink, clock));
        }
    }
}
