package dev.llmpropagation.mcp;

import io.modelcontextprotocol.spec.McpServerSession;
import io.modelcontextprotocol.spec.McpServerTransport;
import io.modelcontextprotocol.spec.McpServerTransportProvider;
import java.util.List;
import reactor.core.publisher.Mono;

/** Where the sessions of a server come from: each of them with spans. */
final class TracingServerProvider implements McpServerTransportProvider {

    private final McpServerTransportProvider delegate;
    private final McpInstruments instruments;
    private final McpEndpoint endpoint;

    TracingServerProvider(McpServerTransportProvider delegate, McpInstruments instruments, McpEndpoint endpoint) {
        this.delegate = delegate;
        this.instruments = instruments;
        this.endpoint = endpoint;
    }

    @Override
    public void setSessionFactory(McpServerSession.Factory factory) {
        delegate.setSessionFactory(transport -> {
            McpConnection connection = new McpConnection(instruments, endpoint, true, 0);
            McpServerTransport traced = new TracingServerTransport(transport, connection);
            McpServerSession session = factory.create(traced);
            instruments.sessions().put(session.getId(), connection);
            if (endpoint.hasSessions()) {
                connection.startedSession(session.getId());
            }
            return new TracingServerSession(session, traced, connection);
        });
    }

    @Override
    public Mono<Void> notifyClients(String method, Object params) {
        return delegate.notifyClients(method, params);
    }

    @Override
    public Mono<Void> notifyClient(String sessionId, String method, Object params) {
        return delegate.notifyClient(sessionId, method, params);
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
