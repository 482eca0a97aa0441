package dev.llmpropagation.mcp;

import dev.llmpropagation.carrier.EnvelopeCarrier;
import dev.llmpropagation.internal.span.ContentGate;
import dev.llmpropagation.internal.span.Instrumentation;
import dev.llmpropagation.internal.span.OpenSpans;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import java.util.ServiceConfigurationError;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** What all spans and connections of one {@link McpTelemetry} share. */
record McpInstruments(
        Instrumentation instrumentation,
        McpMetrics metrics,
        EnvelopeCarrier carrier,
        ContentGate gate,
        OpenSpans open,
        long ttlNanos) {

    McpInstruments(Instrumentation instrumentation, EnvelopeCarrier carrier, ContentGate gate, long ttlNanos) {
        this(
                instrumentation,
                new McpMetrics(instrumentation.meter()),
                carrier,
                gate,
                new OpenSpans(instrumentation, null),
                ttlNanos);
    }

    /**
     * The same work, with this Context current at subscription. It ends as the work does; its value does not cancel the
     * work.
     */
    static <T> Mono<T> in(Context context, Instrumentation instrumentation, Mono<T> work) {
        return Mono.fromDirect(subscriber -> {
            try (Scope ignored = instrumentation.current(context)) {
                work.subscribe(subscriber);
            }
        });
    }

    /** The content as JSON, if it is recorded; else null. */
    @Nullable
    String content(@Nullable Object content) {
        if (!gate.onSpans() || content == null) {
            return null;
        }
        try {
            if (ContentLength.exceeds(content, gate.maxLength())) { // a file, say: not even written for us
                return null;
            }
            return gate.forSpan(McpJsonDefaults.getMapper().writeValueAsString(content));
        } catch (IOException | RuntimeException | LinkageError | ServiceConfigurationError e) {
            // of the redaction, or of the SDK's JSON library, which it may lack
            instrumentation
                    .diagnostics()
                    .report("Content of a call over MCP could not be shown; it is not recorded", e);
            return null;
        }
    }
}
