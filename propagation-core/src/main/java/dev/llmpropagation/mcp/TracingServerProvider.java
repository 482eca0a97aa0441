package dev.llmpropagation.mcp;

import io.modelcontextprotocol.spec.McpServerSession;
import io.modelcontextprotocol.spec.McpServerTransport;
import io.modelcontextprotocol.spec.McpServerTransportProvider;

/** Where the sessions of a server come from: each of them with spans. */
final class TracingServerProvider extends TracingProvider<McpServerTransportProvider>
        implements McpServerTransportProvider {

    private final McpEndpoint endpoint;

    TracingServerProvider(
            McpServerTransportProvider delegate, McpTracer tracer, KnownSessions sessions, McpEndpoint endpoint) {
        super(delegate, tracer, sessions);
        this.endpoint = endpoint;
    }

    @Override
    public void setSessionFactory(McpServerSession.Factory factory) {
        delegate.setSessionFactory(transport -> {
            McpConnection connection = new McpConnection(tracer, new McpPeer(endpoint, true), 0);
            McpServerTransport traced = new TracingServerTransport(transport, connection);
            McpServerSession session = factory.create(traced);
            try {
                return traced(session, traced, connection);
            } catch (RuntimeException | LinkageError e) { // of an SDK whose sessions are made in another way, say
                untold(e);
                return session;
            }
        });
    }

    private McpServerSession traced(McpServerSession session, McpServerTransport traced, McpConnection connection) {
        McpServerSession known = new TracingServerSession(session, traced, connection);
        sessions.put(session.getId(), connection);
        if (endpoint.hasSessions()) {
            connection.startedSession(session.getId());
        }
        return known;
    }
}
