package dev.llmpropagation.daemon;

import static java.util.Objects.requireNonNull;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.TracerProvider;
import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Builds a {@link DaemonTelemetry}. Each setter replaces what was set before; none takes null. Not thread-safe. */
public final class DaemonTelemetryBuilder {

    static final String SCOPE = "dev.llmpropagation.daemon";

    private final OpenTelemetry openTelemetry;
    private Routes routes = Routes.reference();
    private SpanKind requestKind = SpanKind.SERVER;
    private InboundTrace inbound = InboundTrace.JOIN_SAMPLED;
    private BiConsumer<String, @Nullable Throwable> diagnostics = (what, cause) -> {};
    private LongSupplier nanoTime = System::nanoTime;

    DaemonTelemetryBuilder(OpenTelemetry openTelemetry) {
        this.openTelemetry = openTelemetry;
    }

    /** The routes of the daemon. Default: {@link Routes#reference()}. */
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

    /** Told what failed, and by what; on the thread of the request. Default: nobody. */
    public DaemonTelemetryBuilder diagnostics(BiConsumer<String, @Nullable Throwable> sink) {
        requireNonNull(sink, "diagnostics");
        diagnostics = (what, cause) -> {
            try {
                sink.accept(what, cause);
            } catch (Throwable ignored) {
                // The sink is the program's: whatever it throws must not reach the request.
            }
        };
        return this;
    }

    /** For tests. */
    DaemonTelemetryBuilder nanoTime(LongSupplier clock) {
        nanoTime = clock;
        return this;
    }

    public DaemonTelemetry build() {
        String version = version();
        Live live = new Live();
        return new DaemonTelemetry(new Engine(
                tracer(version),
                requestKind,
                routes,
                new Inbound(inbound, nanoTime),
                new DaemonMetrics(openTelemetry, SCOPE, version, live),
                new DaemonEvents(openTelemetry, SCOPE, version),
                live,
                nanoTime,
                diagnostics));
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
