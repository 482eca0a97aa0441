package dev.llmpropagation.frameworks;

import dev.llmpropagation.carrier.EnvelopeCarrier;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.server.McpServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.Map;
import java.util.function.Function;

/** Samples of docs/frameworks.md, for Java's SDK of the Model Context Protocol. */
final class McpSamples {

    private McpSamples() {}

    static CallToolResult call(McpSyncClient client, String tool, Map<String, Object> arguments) {
        // sample: mcpSdkClient
        Map<String, Object> meta = EnvelopeCarrier.mcp().injectMeta(Context.current(), null);
        CallToolResult result = client.callTool(new CallToolRequest(tool, arguments, meta));
        // end
        return result;
    }

    static SyncToolSpecification tool(Tracer tracer, Tool tool, Function<CallToolRequest, CallToolResult> work) {
        // sample: mcpSdkServer
        return SyncToolSpecification.builder()
                .tool(tool)
                .callHandler((exchange, request) -> {
                    Context caller = EnvelopeCarrier.mcp().extractMeta(request.meta());
                    Span span = tracer.spanBuilder("tools/call " + request.name())
                            .setParent(caller)
                            .setSpanKind(SpanKind.SERVER)
                            .startSpan();
                    try (Scope ignored = caller.with(span).makeCurrent()) {
                        return work.apply(request);
                    } finally {
                        span.end();
                    }
                })
                .build();
        // end
    }
}
