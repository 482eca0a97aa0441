package dev.llmpropagation.frameworks;

import dev.llmpropagation.testkit.RecordedTelemetry;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.server.transport.StdioServerTransportProvider;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.sdk.trace.ReadableSpan;
import java.util.Map;

/** A server of a tool that says where its span stands. As a program it speaks by its standard streams. */
final class McpToolServer {

    static final String TOOL = "whereAmI";

    private McpToolServer() {}

    static SyncToolSpecification tool(OpenTelemetry openTelemetry) {
        Tool tool = Tool.builder(TOOL, Map.of("type", "object"))
                .description("Says where its span stands")
                .build();
        return McpSamples.tool(openTelemetry.getTracer("server"), tool, request -> CallToolResult.builder()
                .addTextContent(place((ReadableSpan) Span.current()))
                .build());
    }

    private static String place(ReadableSpan span) {
        return span.getSpanContext().getTraceId()
                + ' '
                + span.getParentSpanContext().getSpanId();
    }

    public static void main(String[] arguments) {
        McpServer.sync(new StdioServerTransportProvider(McpJsonDefaults.getMapper()))
                .serverInfo("where", "1")
                .tools(tool(RecordedTelemetry.create().openTelemetry()))
                .build();
    }
}
