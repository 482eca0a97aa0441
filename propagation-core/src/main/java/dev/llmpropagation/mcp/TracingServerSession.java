package dev.llmpropagation.mcp;

import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpServerSession;
import io.modelcontextprotocol.spec.McpServerTransport;
import java.time.Duration;
import java.util.Map;
import reactor.core.publisher.Mono;

/**
 * The session of a server with one client, with spans for what it is asked. A provider of transports hands over what
 * has come to this class of the SDK and to no other type. So this extends it, and delegates everything to the real
 * session.
 */
final class TracingServerSession extends McpServerSession {

    private final McpServerSession delegate;
    private final McpConnection connection;

    TracingServerSession(McpServerSession delegate, McpServerTransport transport, McpConnection connection) {
        super(delegate.getId(), Duration.ofDays(1), transport, request -> Mono.empty(), Map.of(), Map.of());
        this.delegate = delegate;
        this.connection = connection;
    }

    @Override
    public Mono<Void> handle(McpSchema.JSONRPCMessage message) {
        return Mono.defer(() -> {
            connection.begins();
            if (message instanceof McpSchema.JSONRPCRequest request) {
                McpConnection.Exchanged come = connection.comes(request);
                return come.during(delegate.handle(come.request()));
            }
            connection.comes(message);
            return delegate.handle(message);
        });
    }

    @Override
    public String getId() {
        return delegate.getId();
    }

    @Override
    public void init(McpSchema.ClientCapabilities clientCapabilities, McpSchema.Implementation clientInfo) {
        delegate.init(clientCapabilities, clientInfo);
    }

    @Override
    public void setMinLoggingLevel(McpSchema.LoggingLevel minLoggingLevel) {
        delegate.setMinLoggingLevel(minLoggingLevel);
    }

    @Override
    public boolean isNotificationForLevelAllowed(McpSchema.LoggingLevel loggingLevel) {
        return delegate.isNotificationForLevelAllowed(loggingLevel);
    }

    @Override
    public <T> Mono<T> sendRequest(String method, Object requestParams, TypeRef<T> typeRef) {
        return delegate.sendRequest(method, requestParams, typeRef);
    }

    @Override
    public Mono<Void> sendNotification(String method, Object params) {
        return delegate.sendNotification(method, params);
    }

    @Override
    public Mono<Void> closeGracefully() {
        return Mono.defer(() -> {
            connection.closed();
            return delegate.closeGracefully();
        });
    }

    /** The provider calls it when the client is gone. */
    @Override
    public void close() {
        connection.clientGone();
        delegate.close();
    }
}
