package dev.llmpropagation.daemon;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.span.Diagnostics;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.TracerProvider;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Properties;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Builds a {@link DaemonTelemetry}. Each setter replaces what was set before; none takes null. Not thread-safe. */
public final class DaemonTelemetryBuilder {

    static final String SCOPE = "dev.llmpropagation.daemon";

    private final OpenTelemetry openTelemetry;
    private Routes routes = Routes.reference();
    private SpanKind requestKind = SpanKind.SERVER;
    private InboundTrace inbound = InboundTrace.JOIN_SAMPLED;
    private Duration timeToLive = Duration.ofHours(4);
    private @Nullable Consumer<String> diagnostics;
    private LongSupplier nanoTime = System::nanoTime;

    DaemonTelemetryBuilder(OpenTelemetry openTelemetry) {
        this.openTelemetry = openTelemetry;
    }

    /** The routes of the daemon, and no others. Default: {@link Routes#reference()}. */
    public DaemonTelemetryBuilder routes(Routes catalogue) {
        routes = requireNonNull(catalogue, "routes");
        return this;
    }

    /**
     * Kind of the spans of requests. Default: SERVER, which service maps need; the reference has INTERNAL.
     *
     * @throws IllegalArgumentException if it is another one
     */
    public DaemonTelemetryBuilder requestKind(SpanKind kind) {
        if (requireNonNull(kind, "requestKind") != SpanKind.SERVER && kind != SpanKind.INTERNAL) {
            throw new IllegalArgumentException(
                    "requestKind: " + kind + " is no kind of a request; use SERVER or INTERNAL");
        }
        requestKind = kind;
        return this;
    }

    /** What the trace of a client does to its request. Default: {@link InboundTrace#JOIN_SAMPLED}. */
    public DaemonTelemetryBuilder inboundTrace(InboundTrace mode) {
        inbound = requireNonNull(mode, "inboundTrace");
        return this;
    }

    /**
     * How long a span may stay without activity before the safety net ends it as abandoned, a stream of events likewise.
     * Activity is a step that starts or ends inside, an event that is written, and {@link DaemonSpan#touch()}; what happens
     * in another process is none. Longer than any answer can take. Default: 4 hours.
     *
     * @throws IllegalArgumentException unless it is positive and at most 365 days
     */
    public DaemonTelemetryBuilder timeToLive(Duration duration) {
        requireNonNull(duration, "timeToLive");
        if (duration.isNegative() || duration.isZero() || duration.compareTo(Duration.ofDays(365)) > 0) {
            throw new IllegalArgumentException(
                    "timeToLive: " + duration + " is out of range; use a positive duration of at most 365 days");
        }
        timeToLive = duration;
        return this;
    }

    /**
     * Gets a line, seldom, when something of ours failed; never a secret. Called on the thread of the request. Default: the
     * {@code java.util.logging} logger {@code dev.llmpropagation}, level WARNING.
     */
    public DaemonTelemetryBuilder diagnostics(Consumer<String> sink) {
        diagnostics = requireNonNull(sink, "diagnostics");
        return this;
    }

    /** For tests. */
    DaemonTelemetryBuilder nanoTime(LongSupplier clock) {
        nanoTime = clock;
        return this;
    }

    /**
     * Makes instruments and gauges at once, so build one for the whole daemon, and close it. Two of them on one OpenTelemetry
     * would report the same gauges. The builder can be used again.
     */
    public DaemonTelemetry build() {
        String version = version();
        Live live = new Live(nanoTime, timeToLive.toNanos());
        return new DaemonTelemetry(new Engine(
                tracer(version),
                requestKind,
                routes,
                new Inbound(inbound, nanoTime),
                new DaemonMetrics(openTelemetry, SCOPE, version, live),
                new DaemonEvents(openTelemetry, SCOPE, version),
                live,
                Diagnostics.to(diagnostics, nanoTime)::report));
    }

    private @Nullable Tracer tracer(String version) {
        if (openTelemetry.getTracerProvider() == TracerProvider.noop()) {
            return null;
        }
        return openTelemetry
                .tracerBuilder(SCOPE)
                .setInstrumentationVersion(version)
                .build();
    }

    private static String version() {
        Properties properties = new Properties();
        try (InputStream in = DaemonTelemetry.class.getResourceAsStream("/dev/llmpropagation/version.properties")) {
            if (in != null) {
                properties.load(in);
            }
        } catch (IOException e) {
            // the scope goes without a version
        }
        return properties.getProperty("version", "unknown");
    }
}
