package dev.llmpropagation.mcp;

import io.modelcontextprotocol.spec.McpServerTransport;

/** The way from a server to one client, with spans for what the server asks, and the ends of what it answers. */
final class TracingServerTransport extends TracingTransport<McpServerTransport> implements McpServerTransport {

    TracingServerTransport(McpServerTransport delegate, McpConnection connection) {
        super(delegate, connection);
    }
}
