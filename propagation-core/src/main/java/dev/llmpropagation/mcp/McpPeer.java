package dev.llmpropagation.mcp;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.AttributeSink;
import dev.llmpropagation.internal.span.SpanText;
import org.jspecify.annotations.Nullable;

/** What is known of a connection, as the spans and metrics of its requests show it. Thread-safe. */
final class McpPeer {

    private static final int MAX_TEXT = 128;

    private final McpEndpoint endpoint;
    private final boolean ofAServer;
    private volatile @Nullable String protocolVersion;
    private volatile @Nullable String sessionId;

    /** @param ofAServer whether this side is the server */
    McpPeer(McpEndpoint endpoint, boolean ofAServer) {
        this.endpoint = endpoint;
        this.ofAServer = ofAServer;
    }

    McpEndpoint endpoint() {
        return endpoint;
    }

    boolean isOfAServer() {
        return ofAServer;
    }

    @Nullable
    String protocolVersion() {
        return protocolVersion;
    }

    void protocolVersion(@Nullable String version) {
        protocolVersion = version == null ? null : SpanText.shown(version, MAX_TEXT);
    }

    void sessionId(String id) {
        sessionId = SpanText.shown(id, MAX_TEXT);
    }

    void describe(AttributeSink to) {
        endpoint.describe(to);
        Attribute.MCP_PROTOCOL_VERSION.put(to, protocolVersion);
        Attribute.MCP_SESSION_ID.put(to, sessionId);
    }
}
