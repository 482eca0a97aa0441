package dev.llmpropagation.mcp;

import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpStreamableServerTransport;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** As {@link TracingServerTransport}, for one stream of a session over HTTP. */
final class TracingStreamTransport implements McpStreamableServerTransport {

    private final McpStreamableServerTransport delegate;
    private final McpConnection connection;

    TracingStreamTransport(McpStreamableServerTransport delegate, McpConnection connection) {
        this.delegate = delegate;
        this.connection = connection;
    }

    @Override
    public Mono<Void> sendMessage(McpSchema.JSONRPCMessage message) {
        return connection.send(message, delegate::unmarshalFrom, delegate::sendMessage);
    }

    @Override
    public Mono<Void> sendMessage(McpSchema.JSONRPCMessage message, @Nullable String messageId) {
        return connection.send(message, delegate::unmarshalFrom, sent -> delegate.sendMessage(sent, messageId));
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
