package dev.llmpropagation.mcp;

import dev.llmpropagation.internal.span.Outcome;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpStreamableServerSession;
import io.modelcontextprotocol.spec.McpStreamableServerTransportProvider;
import io.opentelemetry.context.Scope;
import java.util.Map;
import reactor.core.publisher.Mono;

/** As {@link TracingServerProvider}, for sessions over HTTP, which begin with the first request and not before. */
final class TracingStreamableProvider extends TracingProvider<McpStreamableServerTransportProvider>
        implements McpStreamableServerTransportProvider {

    TracingStreamableProvider(McpStreamableServerTransportProvider delegate, McpTracer tracer, KnownSessions sessions) {
        super(delegate, tracer, sessions);
    }

    @Override
    public void setSessionFactory(McpStreamableServerSession.Factory factory) {
        delegate.setSessionFactory(request -> session(factory, request));
    }

    private McpStreamableServerSession.McpStreamableServerSessionInit session(
            McpStreamableServerSession.Factory factory, McpSchema.InitializeRequest request) {
        McpConnection connection = new McpConnection(tracer, new McpPeer(McpEndpoint.HTTP, true), 0);
        McpSpan span = connection.received(
                McpRequest.of(McpSchema.METHOD_INITIALIZE, null, null, Map.of()),
                null,
                tracer.instruments().carrier().extractMeta(request.meta()));
        McpStreamableServerSession.McpStreamableServerSessionInit made;
        try (Scope ignored = tracer.instruments().instrumentation().current(span.context())) {
            made = factory.startSession(request);
        } catch (Throwable e) { // rethrown
            span.failed(e);
            throw e;
        }
        Mono<McpSchema.InitializeResult> result = span.around(made.initResult())
                .doOnSuccess(agreed -> {
                    McpResponse response = new McpResponse(null, agreed);
                    connection.peer().protocolVersion(response.protocolVersion());
                    span.responded(response);
                })
                .doOnError(span::failed)
                .doOnCancel(() -> span.end(Outcome.CANCELLED));
        return new McpStreamableServerSession.McpStreamableServerSessionInit(
                traced(made.session(), request, connection), result);
    }

    private McpStreamableServerSession traced(
            McpStreamableServerSession session, McpSchema.InitializeRequest request, McpConnection connection) {
        try {
            McpStreamableServerSession known = new TracingStreamableSession(session, request, connection);
            sessions.put(session.getId(), connection);
            connection.startedSession(session.getId());
            return known;
        } catch (RuntimeException | LinkageError e) { // of an SDK whose sessions are made in another way, say
            untold(e);
            return session;
        }
    }
}
