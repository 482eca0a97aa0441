package dev.llmpropagation.mcp;

import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpStreamableServerSession;
import io.modelcontextprotocol.spec.McpStreamableServerTransport;
import java.time.Duration;
import java.util.Map;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * As {@link TracingServerSession}, for HTTP: it knows when the session ends and what the server asks. What the client asks
 * goes to a final class of the SDK, past this one, so its span is {@link McpTelemetry#handler}'s.
 */
final class TracingStreamableSession extends McpStreamableServerSession {

    private final McpStreamableServerSession delegate;
    private final McpConnection connection;

    TracingStreamableSession(
            McpStreamableServerSession delegate, McpSchema.InitializeRequest request, McpConnection connection) {
        super(
                delegate.getId(),
                request.capabilities(),
                request.clientInfo(),
                Duration.ofDays(1),
                Map.of(),
                Map.of(),
                Mono::empty);
        this.delegate = delegate;
        this.connection = connection;
    }

    @Override
    public McpStreamableServerSessionStream responseStream(McpStreamableServerTransport transport) {
        return delegate.responseStream(new TracingStreamTransport(transport, connection));
    }

    @Override
    @SuppressWarnings("deprecation") // what providers of earlier versions call: there each request is seen
    public Mono<Void> responseStream(McpSchema.JSONRPCRequest request, McpStreamableServerTransport transport) {
        return Mono.defer(() -> {
            McpConnection.Exchanged come = connection.comes(request);
            return come.during(
                    delegate.responseStream(come.request(), new TracingStreamTransport(transport, connection)));
        });
    }

    @Override
    public McpStreamableServerSessionStream listeningStream(McpStreamableServerTransport transport) {
        return delegate.listeningStream(new TracingStreamTransport(transport, connection));
    }

    @Override
    public Mono<Void> accept(McpSchema.JSONRPCResponse response) {
        return Mono.defer(() -> {
            connection.comes(response);
            return delegate.accept(response);
        });
    }

    @Override
    public Mono<Void> accept(McpSchema.JSONRPCNotification notification) {
        return Mono.defer(() -> {
            connection.comes(notification);
            return delegate.accept(notification);
        });
    }

    @Override
    public Mono<Void> delete() {
        return Mono.defer(() -> {
            connection.closed();
            return delegate.delete();
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
        connection.clientGone();
        delegate.close();
    }

    @Override
    public String getId() {
        return delegate.getId();
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
    public boolean hasListeningStream() {
        return delegate.hasListeningStream();
    }

    @Override
    public boolean hasOpenStream() {
        return delegate.hasOpenStream();
    }

    @Override
    public void releaseListeningStream() {
        delegate.releaseListeningStream();
    }

    @Override
    public Flux<McpSchema.JSONRPCMessage> replay(Object lastEventId) {
        return delegate.replay(lastEventId);
    }
}
