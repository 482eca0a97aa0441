package dev.llmpropagation.mcp;

import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpTransport;
import java.util.List;
import reactor.core.publisher.Mono;

/** A transport of the program, with spans for what is sent. Everything else is delegated. */
abstract class TracingTransport<T extends McpTransport> implements McpTransport {

    final T delegate;
    final McpConnection connection;

    TracingTransport(T delegate, McpConnection connection) {
        this.delegate = delegate;
        this.connection = connection;
    }

    @Override
    public final Mono<Void> sendMessage(McpSchema.JSONRPCMessage message) {
        return connection.send(message, delegate::unmarshalFrom, delegate::sendMessage);
    }

    @Override
    public final <V> V unmarshalFrom(Object data, TypeRef<V> type) {
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
    public final List<String> protocolVersions() {
        return delegate.protocolVersions();
    }
}
