package dev.llmpropagation.mcp;

import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpTransportSessionNotFoundException;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/** The transport of a client, with spans for what goes through it. */
final class TracingClientTransport implements McpClientTransport {

    private final McpClientTransport delegate;
    private final McpConnection connection;

    TracingClientTransport(McpClientTransport delegate, McpConnection connection) {
        this.delegate = delegate;
        this.connection = connection;
    }

    @Override
    public Mono<Void> sendMessage(McpSchema.JSONRPCMessage message) {
        return connection.send(message, delegate::unmarshalFrom, delegate::sendMessage);
    }

    @Override
    public Mono<Void> connect(Function<Mono<McpSchema.JSONRPCMessage>, Mono<McpSchema.JSONRPCMessage>> handler) {
        return delegate.connect(messages -> messages.flatMap(message -> {
            if (message instanceof McpSchema.JSONRPCRequest request) {
                McpConnection.Exchanged come = connection.comes(request);
                Mono<McpSchema.JSONRPCMessage> work = handler.apply(Mono.just(come.request()));
                return come.span() == null ? work : come.span().around(work);
            }
            connection.comes(message);
            return handler.apply(Mono.just(message));
        }));
    }

    @Override
    public void setExceptionHandler(Consumer<Throwable> handler) {
        delegate.setExceptionHandler(failure -> {
            if (failure instanceof McpTransportSessionNotFoundException) { // the SDK gives up all that is open
                connection.lost(McpConnection.LOST);
            }
            handler.accept(failure);
        });
    }

    @Override
    public Mono<Void> closeGracefully() {
        return Mono.defer(() -> {
            connection.closed();
            return delegate.closeGracefully();
        });
    }

    @Override
    public void close() {
        connection.closed();
        delegate.close();
    }

    @Override
    public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
        return delegate.unmarshalFrom(data, type);
    }

    @Override
    public List<String> protocolVersions() {
        return delegate.protocolVersions();
    }
}
