package dev.llmpropagation.frameworks;

import dev.llmpropagation.agent.ContentCapture;
import dev.llmpropagation.agent.Interaction;
import dev.llmpropagation.agent.ToolFailure;
import dev.llmpropagation.mcp.McpTelemetry;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.server.McpSyncServerExchange;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import io.modelcontextprotocol.spec.McpStreamableServerTransportProvider;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** Samples of docs/mcp.md. */
final class McpTelemetrySamples {

    private McpTelemetrySamples() {}

    static McpSyncClient client(OpenTelemetry openTelemetry, McpClientTransport transport) {
        // sample: mcpClientSpans
        McpTelemetry mcp = McpTelemetry.create(openTelemetry);
        McpSyncClient client = McpClient.sync(mcp.client(transport)).build();
        // end
        return client;
    }

    static McpSyncClient clientWithLimits(McpTelemetry mcp, McpClientTransport transport, String url) {
        // sample: mcpClientOptions
        Duration limit = Duration.ofSeconds(60);
        McpSyncClient client = McpClient.sync(
                        mcp.client(transport, options -> options.server(url).requestTimeout(limit)))
                .requestTimeout(limit)
                .build();
        // end
        return client;
    }

    static McpTelemetry withOptions(OpenTelemetry openTelemetry, Consumer<String> log) {
        // sample: mcpOptions
        McpTelemetry mcp = McpTelemetry.builder(openTelemetry)
                .content(ContentCapture.on())
                .baggage(true)
                .timeToLive(Duration.ofHours(1))
                .diagnostics(log)
                .build();
        // end
        return mcp;
    }

    static CallToolResult tool(
            Interaction turn, McpSyncClient client, String callId, CallToolRequest request, String arguments) {
        // sample: mcpToolOfAnAgent
        CallToolResult result = turn.tool(request.name())
                .callId(callId)
                .toolType("mcp")
                .arguments(arguments)
                .call(tool -> tool.execution().call(run -> {
                    CallToolResult found = client.callTool(request);
                    if (Boolean.TRUE.equals(found.isError())) {
                        run.failed("tool_error");
                        tool.failed(ToolFailure.TOOL_ERROR);
                    }
                    return found;
                }));
        // end
        return result;
    }

    static McpSyncServer server(
            McpTelemetry mcp,
            McpStreamableServerTransportProvider provider,
            Tool weather,
            BiFunction<McpSyncServerExchange, CallToolRequest, CallToolResult> forecast) {
        // sample: mcpServerSpans
        McpSyncServer server = McpServer.sync(mcp.server(provider))
                .serverInfo("weather", "1.0")
                .tools(SyncToolSpecification.builder()
                        .tool(weather)
                        .callHandler(mcp.handler(forecast))
                        .build())
                .build();
        // end
        return server;
    }
}
