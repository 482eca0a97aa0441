package dev.llmpropagation.mcp;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.AttributeSink;
import org.jspecify.annotations.Nullable;

/**
 * How messages travel, as far as that is known.
 *
 * @param transport {@code pipe} or {@code tcp}
 * @param protocol {@code http}, or null
 * @param address host of the server; null at the server itself
 */
record McpEndpoint(
        @Nullable String transport,
        @Nullable String protocol,
        @Nullable String address,
        int port) {

    static final McpEndpoint UNKNOWN = new McpEndpoint(null, null, null, -1);
    static final McpEndpoint STDIO = new McpEndpoint("pipe", null, null, -1);
    static final McpEndpoint HTTP = new McpEndpoint("tcp", "http", null, -1);

    void describe(AttributeSink to) {
        Attribute.NETWORK_TRANSPORT.put(to, transport);
        Attribute.NETWORK_PROTOCOL_NAME.put(to, protocol);
        Attribute.SERVER_ADDRESS.put(to, address);
        if (address != null && port >= 0) {
            Attribute.SERVER_PORT.put(to, port);
        }
    }

    boolean hasSessions() {
        return "http".equals(protocol);
    }
}
