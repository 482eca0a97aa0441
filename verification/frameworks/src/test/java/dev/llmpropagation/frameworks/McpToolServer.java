package dev.llmpropagation.frameworks;

import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.server.transport.StdioServerTransportProvider;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
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
        OpenTelemetrySdk openTelemetry = OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .addSpanProcessor(SimpleSpanProcessor.create(InMemorySpanExporter.create()))
                        .build())
                .build();
        McpServer.sync(new StdioServerTransportProvider(McpJsonDefaults.getMapper()))
                .serverInfo("where", "1")
                .tools(tool(openTelemetry))
                .build();
    }
}
