package dev.llmpropagation.mcp;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.Throwables;
import io.modelcontextprotocol.client.transport.StdioClientTransport;
import io.modelcontextprotocol.server.McpAsyncServerExchange;
import io.modelcontextprotocol.server.McpSyncServerExchange;
import io.modelcontextprotocol.server.transport.StdioServerTransportProvider;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpServerSession;
import io.modelcontextprotocol.spec.McpServerTransport;
import io.modelcontextprotocol.spec.McpServerTransportProvider;
import io.modelcontextprotocol.spec.McpStreamableServerSession;
import io.modelcontextprotocol.spec.McpStreamableServerTransport;
import io.modelcontextprotocol.spec.McpStreamableServerTransportProvider;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Spans and durations of requests over MCP, by OpenTelemetry's convention, for Java's SDK of MCP. The trace goes along in
 * {@code _meta}, whatever the transport.
 *
 * <pre>{@code
 * McpTelemetry mcp = McpTelemetry.create(openTelemetry);
 * McpSyncClient client = McpClient.sync(mcp.client(transport)).build();
 * McpSyncServer server = McpServer.sync(mcp.server(provider)).tools(tool).build();
 * }</pre>
 *
 * <p>Requests have spans, in both directions; notifications have none. Immutable and thread-safe. Nothing here throws but
 * what the program's own handlers and transports throw: what fails of ours is told to the diagnostics, and the message goes
 * as it is.
 */
public final class McpTelemetry implements AutoCloseable {

    private static final String UNTOLD = "A request over MCP is handled without its span";

    private final McpInstruments instruments;
    private final McpTracer tracer;
    private final KnownSessions sessions = new KnownSessions();
    private final McpConnection unknown;

    McpTelemetry(McpInstruments instruments) {
        this.instruments = instruments;
        this.tracer = new McpTracer(instruments);
        this.unknown = new McpConnection(tracer, new McpPeer(McpEndpoint.UNKNOWN, true), 0);
    }

    /** With the defaults. */
    public static McpTelemetry create(OpenTelemetry openTelemetry) {
        return builder(openTelemetry).build();
    }

    /** @param openTelemetry makes spans and metrics; its propagators have no say. Without an SDK the caller's trace goes along */
    public static McpTelemetryBuilder builder(OpenTelemetry openTelemetry) {
        return new McpTelemetryBuilder(requireNonNull(openTelemetry, "openTelemetry"));
    }

    /** As {@link #client(McpClientTransport, Consumer)}, with the defaults. */
    public McpClientTransport client(McpClientTransport transport) {
        return client(transport, options -> {});
    }

    /**
     * The transport of a client, to be given to the SDK instead of that one. A request stands in the span that is current
     * where the SDK sends it: of a synchronous client where it is called; of an asynchronous one where it is subscribed to,
     * see {@link #call}.
     *
     * @return the same transport where the SDK is of a version with methods that are not known here
     */
    public McpClientTransport client(McpClientTransport transport, Consumer<McpClientOptions> options) {
        requireNonNull(transport, "transport");
        McpClientOptions set = new McpClientOptions();
        options.accept(set);
        if (isUnknown(TracingClientTransport.class, McpClientTransport.class)) {
            return transport;
        }
        McpEndpoint endpoint = set.endpoint(endpoint(transport));
        return new TracingClientTransport(
                transport, new McpConnection(tracer, new McpPeer(endpoint, false), set.timeoutNanos()));
    }

    /**
     * Where a server over stdio, or over HTTP with SSE, has its sessions from, to be given to the SDK instead of that one.
     *
     * @return the same provider where the SDK is of a version with methods that are not known here
     */
    public McpServerTransportProvider server(McpServerTransportProvider provider) {
        requireNonNull(provider, "provider");
        return isUnknown(TracingServerProvider.class, McpServerTransportProvider.class)
                        || isUnknown(TracingServerTransport.class, McpServerTransport.class)
                        || isUnknown(TracingServerSession.class, McpServerSession.class)
                ? provider
                : new TracingServerProvider(provider, tracer, sessions, endpoint(provider));
    }

    /**
     * As {@link #server(McpServerTransportProvider)}, for streamable HTTP. The provider stays the servlet. What clients ask
     * has a span only in a {@link #handler}, as the SDK shows it to nobody else.
     */
    public McpStreamableServerTransportProvider server(McpStreamableServerTransportProvider provider) {
        requireNonNull(provider, "provider");
        return isUnknown(TracingStreamableProvider.class, McpStreamableServerTransportProvider.class)
                        || isUnknown(TracingStreamTransport.class, McpStreamableServerTransport.class)
                        || isUnknown(TracingStreamableSession.class, McpStreamableServerSession.class)
                ? provider
                : new TracingStreamableProvider(provider, tracer, sessions);
    }

    /**
     * A handler of a synchronous server, for tools, prompts, resources or completions: it runs with the span of its request
     * current, which is started here where the transport could not.
     */
    public <E, R, T extends @Nullable Object> BiFunction<E, R, T> handler(BiFunction<E, R, T> handler) {
        requireNonNull(handler, "handler");
        return (exchange, request) -> serve(exchange, request, () -> handler.apply(exchange, request));
    }

    /** As {@link #handler(BiFunction)}, for what a client is asked: sampling and elicitation. The span is its transport's. */
    public <R, T extends @Nullable Object> Function<R, T> handler(Function<R, T> handler) {
        requireNonNull(handler, "handler");
        return request -> serve(null, request, () -> handler.apply(request));
    }

    /** As {@link #handler(BiFunction)}, of an asynchronous server: the span is current where the result is subscribed to. */
    public <E, R, T> BiFunction<E, R, Mono<T>> asyncHandler(BiFunction<E, R, Mono<T>> handler) {
        requireNonNull(handler, "handler");
        return (exchange, request) -> serveAsync(exchange, request, () -> handler.apply(exchange, request));
    }

    /** As {@link #asyncHandler(BiFunction)}, for what an asynchronous client is asked. */
    public <R, T> Function<R, Mono<T>> asyncHandler(Function<R, Mono<T>> handler) {
        requireNonNull(handler, "handler");
        return request -> serveAsync(null, request, () -> handler.apply(request));
    }

    /**
     * A call of an asynchronous client: its spans stand in the Context that is current here, whatever thread subscribes, and
     * end when it is cancelled or times out, which no transport is told.
     *
     * <pre>{@code
     * Mono<CallToolResult> result = mcp.call(client.callTool(request));
     * }</pre>
     */
    public <T> Mono<T> call(Mono<T> call) {
        return FollowedCall.of(instruments.instrumentation().context(), requireNonNull(call, "call"));
    }

    /** Ends the spans of requests that are open for too long. The start of a later span does this on its own. */
    public void sweep() {
        instruments.instrumentation().quietly("The safety net failed", instruments.open()::sweep);
    }

    /** Ends all spans that are open, as cancelled: for the end of the program. Later ones start as before. */
    @Override
    public void close() {
        instruments
                .instrumentation()
                .quietly(
                        "Open spans could not be ended",
                        () -> Throwables.forAll(
                                instruments.open().handles(McpSpan.class), span -> span.end(Outcome.CANCELLED)));
    }

    /** Requests that are open. */
    int openSpans() {
        return instruments.open().size();
    }

    private boolean isUnknown(Class<?> wrapper, Class<?> wrapped) {
        boolean unknown = !SdkMethods.areAllIn(wrapper, wrapped);
        if (unknown) {
            instruments
                    .instrumentation()
                    .diagnostics()
                    .report(
                            "This version of the MCP SDK has methods of " + wrapped.getSimpleName()
                                    + " that are not known here, so it goes without spans",
                            null);
        }
        return unknown;
    }

    private static McpEndpoint endpoint(McpClientTransport transport) {
        return transport instanceof StdioClientTransport ? McpEndpoint.STDIO : byName(transport);
    }

    private static McpEndpoint endpoint(McpServerTransportProvider provider) {
        return provider instanceof StdioServerTransportProvider ? McpEndpoint.STDIO : byName(provider);
    }

    /** By the name of the class: transports over HTTP are of web frameworks, which need not be on the class path. */
    private static McpEndpoint byName(Object transport) {
        String name = transport.getClass().getSimpleName();
        return name.contains("Http") || name.contains("Sse") ? McpEndpoint.HTTP : McpEndpoint.UNKNOWN;
    }

    private <T extends @Nullable Object> T serve(@Nullable Object exchange, Object request, Supplier<T> work) {
        ServedRequest served = served(exchange, request);
        return served == null ? work.get() : served.run(work);
    }

    private <T> Mono<T> serveAsync(@Nullable Object exchange, Object request, Supplier<Mono<T>> work) {
        return Mono.defer(() -> {
            ServedRequest served = served(exchange, request);
            return served == null ? work.get() : served.runAsync(work);
        });
    }

    /**
     * In the span that the transport has made, or one that is started here where the transport sees no requests.
     *
     * @param exchange null of a client, whose transport sees all
     */
    private @Nullable ServedRequest served(@Nullable Object exchange, Object request) {
        try {
            return found(exchange, request);
        } catch (RuntimeException | LinkageError e) { // of an SDK whose requests are read in another way, say
            instruments.instrumentation().diagnostics().report(UNTOLD, e);
            return null;
        }
    }

    private @Nullable ServedRequest found(@Nullable Object exchange, Object request) {
        Context sender = sender(request);
        McpConnection connection = exchange == null ? null : connection(exchange);
        McpSpan made = tracer.served(sender, connection == null ? null : connection.peer());
        if (made != null) {
            return ServedRequest.in(made, instruments.instrumentation(), false);
        }
        if (connection == null || connection.seesRequests()) {
            return new ServedRequest(instruments.instrumentation(), tracer.following(sender), null, false);
        }
        McpRequest facts = McpRequest.of(request);
        if (facts == null) {
            return null;
        }
        McpSpan started = connection.received(facts, McpRequest.arguments(request), sender);
        return ServedRequest.in(started, instruments.instrumentation(), true);
    }

    private Context sender(Object request) {
        Map<String, Object> meta = request instanceof McpSchema.Meta has ? has.meta() : null;
        return instruments.carrier().extractMeta(meta);
    }

    private McpConnection connection(Object exchange) {
        String id = exchange instanceof McpSyncServerExchange sync
                ? sync.sessionId()
                : exchange instanceof McpAsyncServerExchange async ? async.sessionId() : null;
        McpConnection known = id == null ? null : sessions.get(id);
        return known == null ? unknown : known;
    }
}
