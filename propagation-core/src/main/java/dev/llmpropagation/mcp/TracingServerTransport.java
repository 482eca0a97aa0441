package dev.llmpropagation.mcp;

import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpServerTransport;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The way from a server to one client, with spans for what the server asks, and the ends of what it answers. */
final class TracingServerTransport implements McpServerTransport {

    private final McpServerTransport delegate;
    private final McpConnection connection;

    TracingServerTransport(McpServerTransport delegate, McpConnection connection) {
        this.delegate = delegate;
        this.connection = connection;
    }

    @Override
    public Mono<Void> sendMessage(McpSchema.JSONRPCMessage message) {
        return connection.send(message, delegate::unmarshalFrom, delegate::sendMessage);
    }

    @Override
    public <T> T unmarshalFrom(@Nullable Object data, TypeRef<T> type) {
        return delegate.unmarshalFrom(data, type);
    }

    @Override
    public Mono<Void> closeGracefully() {
        return delegate.closeGracefully();
    }

    @Override
    public void close() {
        delegate.close();
    }

    @Override
    public List<String> protocolVersions() {
        return delegate.protocolVersions();
    }
}
