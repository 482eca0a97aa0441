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

    TracingStreamableProvider(McpStreamableServerTransportProvider delegate, McpInstruments instruments) {
        super(delegate, instruments);
    }

    @Override
    public void setSessionFactory(McpStreamableServerSession.Factory factory) {
        delegate.setSessionFactory(request -> session(factory, request));
    }

    private McpStreamableServerSession.McpStreamableServerSessionInit session(
            McpStreamableServerSession.Factory factory, McpSchema.InitializeRequest request) {
        McpConnection connection = new McpConnection(instruments, McpEndpoint.HTTP, true, 0);
        McpSpan span = instruments.received(
                connection,
                McpRequest.of(McpSchema.METHOD_INITIALIZE, null, null, Map.of()),
                null,
                instruments.carrier().extractMeta(request.meta()));
        McpStreamableServerSession.McpStreamableServerSessionInit made;
        try (Scope ignored = instruments.instrumentation().current(span.context())) {
            made = factory.startSession(request);
        } catch (Throwable e) { // goes on unchanged
            span.failed(e);
            throw e;
        }
        instruments.sessions().put(made.session().getId(), connection);
        connection.startedSession(made.session().getId());
        Mono<McpSchema.InitializeResult> result = span.around(made.initResult())
                .doOnSuccess(agreed -> {
                    McpAnswer answer = new McpAnswer(null, agreed);
                    connection.protocolVersion(answer.protocolVersion());
                    span.answered(answer);
                })
                .doOnError(span::failed)
                .doOnCancel(() -> span.end(Outcome.CANCELLED));
        return new McpStreamableServerSession.McpStreamableServerSessionInit(
                new TracingStreamableSession(made.session(), request, connection), result);
    }
}
