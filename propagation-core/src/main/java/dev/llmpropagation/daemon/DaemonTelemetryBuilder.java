package dev.llmpropagation.daemon;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.internal.span.Instrumentation;
import dev.llmpropagation.internal.span.OpenSpans;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.SpanKind;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Builds a {@link DaemonTelemetry}. Each setter replaces what was set before; none takes null. Not thread-safe. */
public final class DaemonTelemetryBuilder {

    static final String SCOPE = "dev.llmpropagation.daemon";

    private final Instrumentation.Builder instrumentation;
    private Routes routes = Routes.reference();
    private SpanKind requestKind = SpanKind.SERVER;
    private InboundTrace inbound = InboundTrace.JOIN_SAMPLED;
    private Duration timeToLive = Duration.ofHours(4);

    DaemonTelemetryBuilder(OpenTelemetry openTelemetry) {
        this.instrumentation = new Instrumentation.Builder(openTelemetry);
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
        timeToLive = Instrumentation.limit("timeToLive", duration);
        return this;
    }

    /**
     * Gets a line, seldom, when something of ours failed; never a secret. Called on the thread of the request. Default: the
     * {@code java.util.logging} logger {@code dev.llmpropagation}, level WARNING.
     */
    public DaemonTelemetryBuilder diagnostics(Consumer<String> sink) {
        instrumentation.diagnostics(sink);
        return this;
    }

    /** For tests. */
    DaemonTelemetryBuilder nanoTime(LongSupplier clock) {
        instrumentation.clock(clock);
        return this;
    }

    /**
     * Makes instruments and gauges at once, so build one for the whole daemon, and close it. Two of them on one OpenTelemetry
     * would report the same gauges. The builder can be used again.
     */
    public DaemonTelemetry build() {
        Instrumentation made = instrumentation.build(SCOPE, null);
        Set<ChannelSessions> channels = ConcurrentHashMap.newKeySet();
        AtomicLong streams = new AtomicLong();
        return new DaemonTelemetry(new DaemonInstruments(
                made,
                requestKind,
                routes,
                new Inbound(inbound, made.clock()),
                new DaemonMetrics(made.meter(), channels, streams),
                new DaemonEvents(made),
                new OpenSpans(made, null),
                channels,
                streams,
                timeToLive.toNanos()));
    }
}
