package dev.llmpropagation.mcp;

import io.modelcontextprotocol.spec.McpServerTransportProviderBase;
import java.util.List;
import reactor.core.publisher.Mono;

/** Where the sessions of a server come from: all but that is the program's own. */
abstract class TracingProvider<P extends McpServerTransportProviderBase> implements McpServerTransportProviderBase {

    final P delegate;
    final McpTracer tracer;
    final KnownSessions sessions;

    TracingProvider(P delegate, McpTracer tracer, KnownSessions sessions) {
        this.delegate = delegate;
        this.tracer = tracer;
        this.sessions = sessions;
    }

    /** A session goes on without us. */
    final void untold(Throwable why) {
        tracer.instruments()
                .instrumentation()
                .diagnostics()
                .report(
                        "A session of MCP could not be followed; what its client asks has spans in handlers alone",
                        why);
    }

    @Override
    public final Mono<Void> notifyClients(String method, Object params) {
        return delegate.notifyClients(method, params);
    }

    @Override
    public final Mono<Void> notifyClient(String sessionId, String method, Object params) {
        return delegate.notifyClient(sessionId, method, params);
    }

    @Override
    public final Mono<Void> closeGracefully() {
        return delegate.closeGracefully();
    }

    @Override
    public final void close() {
        delegate.close();
    }

    @Override
    public final List<String> protocolVersions() {
        return delegate.protocolVersions();
    }
}
