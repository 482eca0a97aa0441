package dev.llmpropagation.mcp;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.agent.ContentCapture;
import dev.llmpropagation.carrier.EnvelopeCarrier;
import dev.llmpropagation.internal.span.ContentGate;
import dev.llmpropagation.internal.span.Convention;
import dev.llmpropagation.internal.span.Instrumentation;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Builds a {@link McpTelemetry}. Each setter replaces what was set before; none takes null. Not thread-safe. */
public final class McpTelemetryBuilder {

    static final String SCOPE = "dev.llmpropagation.mcp";

    private final Instrumentation.Builder instrumentation;
    private EnvelopeCarrier carrier = EnvelopeCarrier.mcp();
    private @Nullable ContentCapture content;
    private Duration timeToLive = Duration.ofMinutes(30);

    McpTelemetryBuilder(OpenTelemetry openTelemetry) {
        this.instrumentation = new Instrumentation.Builder(openTelemetry);
    }

    /** Whether arguments and results of tool calls are recorded. Default: {@link ContentCapture#fromEnvironment()}. */
    public McpTelemetryBuilder content(ContentCapture capture) {
        content = requireNonNull(capture, "content");
        return this;
    }

    /** Whether baggage goes along in {@code _meta}, and is taken from there. Default: false. */
    public McpTelemetryBuilder baggage(boolean enabled) {
        carrier = enabled ? EnvelopeCarrier.mcp().withBaggage() : EnvelopeCarrier.mcp();
        return this;
    }

    /**
     * How long a request may stay open, with nothing known to go on, before the safety net ends its span as abandoned. What
     * goes on counts for as long as it does: a {@link McpTelemetry#handler} that has not returned, or whose result is still
     * to come, and what it asks meanwhile; a {@link McpTelemetry#call}; a request with a {@link
     * McpClientOptions#requestTimeout}, which ends it. Default: 30 minutes.
     *
     * @throws IllegalArgumentException unless it is positive and at most 365 days
     */
    public McpTelemetryBuilder timeToLive(Duration duration) {
        timeToLive = Instrumentation.limit("timeToLive", duration);
        return this;
    }

    /**
     * Gets a line, seldom, when something of ours failed; never a secret. Called on the thread of the request. Default: the
     * {@code java.util.logging} logger {@code dev.llmpropagation}, level WARNING.
     */
    public McpTelemetryBuilder diagnostics(Consumer<String> sink) {
        instrumentation.diagnostics(sink);
        return this;
    }

    /** For tests. */
    McpTelemetryBuilder nanoTime(LongSupplier clock) {
        instrumentation.clock(clock);
        return this;
    }

    /** Makes it, and its instruments. The builder can be used again. */
    public McpTelemetry build() {
        ContentGate gate = ContentGate.OF_CAPTURE.behind(content != null ? content : ContentCapture.fromEnvironment());
        return new McpTelemetry(new McpInstruments(
                instrumentation.build(SCOPE, Convention.V0_1.schemaUrl), carrier, gate, timeToLive.toNanos()));
    }
}
