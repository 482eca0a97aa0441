package dev.llmpropagation.mcp;

import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpTransportSessionNotFoundException;
import java.util.function.Consumer;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/** The transport of a client, with spans for what goes through it. */
final class TracingClientTransport extends TracingTransport<McpClientTransport> implements McpClientTransport {

    TracingClientTransport(McpClientTransport delegate, McpConnection connection) {
        super(delegate, connection);
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
}
