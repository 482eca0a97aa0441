package dev.llmpropagation.frameworks;

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
