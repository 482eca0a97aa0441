package dev.llmpropagation.daemon;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.internal.span.Instrumentation;
import dev.llmpropagation.internal.span.OpenSpans;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.SpanKind;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Builds a {@link DaemonTelemetry}. Each setter replaces what was set before; none takes null. Not thread-safe. */
public final class DaemonTelemetryBuilder {

    static final String SCOPE = "dev.llmpropagation.daemon";

    private final OpenTelemetry openTelemetry;
    private final Instrumentation.Builder instrumentation;
    private Routes routes = Routes.reference();
    private SpanKind requestKind = SpanKind.SERVER;
    private InboundTrace inbound = InboundTrace.JOIN_SAMPLED;
    private @Nullable Function<String, @Nullable String> stderr;
    private ErrorKinds errorKinds = new ErrorKinds(List.of());
    private Duration timeToLive = Duration.ofHours(4);

    DaemonTelemetryBuilder(OpenTelemetry openTelemetry) {
        this.openTelemetry = openTelemetry;
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
     * How long a span may stay without activity before the safety net ends it as abandoned, a stream of events
     * likewise. Activity is a step that starts or ends inside, an event that is written, {@link DaemonSpan#touch()},
     * and all that is known to go on: a body of {@code call} or {@code run} that has not returned, a stage of
     * {@code callAsync} that somebody can still complete, a {@link DaemonStream} that the program still has, a
     * {@link QueuedPrompt} that it has not dispatched. What happens in another process is none. Longer than any
     * response can take. Default: 4 hours.
     *
     * @throws IllegalArgumentException unless it is positive and at most 365 days
     */
    public DaemonTelemetryBuilder timeToLive(Duration duration) {
        timeToLive = Instrumentation.limit("timeToLive", duration);
        return this;
    }

    /**
     * Tells the lines that processes write to stderr, see {@link DaemonChannel#stderr}: they can hold anything that the agent
     * works on. Credentials that are known by their form are taken out behind it. Default: no line is told.
     *
     * @param redaction gives what may be told of a line, or null for nothing; {@code line -> line} for all
     */
    public DaemonTelemetryBuilder childStderr(Function<String, @Nullable String> redaction) {
        stderr = requireNonNull(redaction, "childStderr");
        return this;
    }

    /**
     * Kinds of errors beside those of {@link DaemonError}, for spans, metrics and log records. An exception is of the kind
     * that its class is named for, with {@code Error} or {@code Exception} at the end or without; {@link
     * BridgeSpan#failed(String, String)} names one. What is of no kind is {@code unknown}. Default: none.
     *
     * @throws IllegalArgumentException if there are more than 50, or one is no word of at most 64 letters, digits and ._-
     */
    public DaemonTelemetryBuilder errorKinds(String... names) {
        errorKinds = new ErrorKinds(List.of(requireNonNull(names, "errorKinds")));
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
        Workspaces workspaces = new Workspaces();
        return new DaemonTelemetry(new DaemonInstruments(
                made,
                requestKind,
                routes,
                new Inbound(inbound, made.clock()),
                new DaemonMetrics(openTelemetry.getMeterProvider(), made.meter(), channels, streams, workspaces),
                new DaemonEvents(made),
                errorKinds,
                workspaces,
                stderr,
                new OpenSpans(made, null),
                channels,
                streams,
                new AtomicBoolean(),
                timeToLive.toNanos()));
    }
}
