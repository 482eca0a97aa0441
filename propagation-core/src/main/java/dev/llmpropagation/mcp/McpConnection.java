package dev.llmpropagation.mcp;

import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.Throwables;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpSchema;
import io.opentelemetry.context.Context;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.core.scheduler.Schedulers;

/**
 * One client and one server that talk, as one of them sees it: the open requests of both, and since when they talk.
 * Thread-safe. Nothing here throws.
 */
final class McpConnection {

    /** The other side, or the way to it, is gone. */
    static final String LOST = "session_lost";

    private static final String UNTOLD = "A message of MCP goes without its span or trace";
    private static final TypeRef<Map<String, @Nullable Object>> PARAMS = new TypeRef<>() {};
    private static final String CANCELLED = "notifications/cancelled";

    private final McpTracer tracer;
    private final McpInstruments instruments;
    private final McpPeer peer;
    private final long timeoutNanos;
    private final Map<Object, McpSpan> outgoing = new ConcurrentHashMap<>();
    private final Map<Object, McpSpan> incoming = new ConcurrentHashMap<>();
    private final AtomicReference<@Nullable Long> since = new AtomicReference<>();
    private volatile boolean seesRequests;

    /** @param timeoutNanos until a request that has no response is given up; 0 if the SDK alone knows */
    McpConnection(McpTracer tracer, McpPeer peer, long timeoutNanos) {
        this.tracer = tracer;
        this.instruments = tracer.instruments();
        this.peer = peer;
        this.timeoutNanos = timeoutNanos;
    }

    McpPeer peer() {
        return peer;
    }

    /** Whether the transport sees requests, so that their spans start before a handler gets them. */
    boolean seesRequests() {
        return seesRequests;
    }

    /** A session of a server over HTTP, by the id that its client is given. */
    void startedSession(String id) {
        peer.sessionId(id);
        begins();
    }

    /** The session begins now, unless it has begun. */
    void begins() {
        since.compareAndSet(null, instruments.instrumentation().now());
    }

    /** This side has closed the connection. */
    void closed() {
        ends(null);
    }

    /** The other side cannot be reached any more. */
    void lost(String why) {
        ends(why);
    }

    /** The client has gone: open requests end as lost, but the session ends as usual. */
    void clientGone() {
        ends(LOST, null);
    }

    private void ends(@Nullable String why) {
        ends(why, why);
    }

    private void ends(@Nullable String open, @Nullable String why) {
        instruments.instrumentation().quietly("The end of a session of MCP could not be told", () -> {
            Throwables.forAll(outgoing.values(), span -> end(span, open));
            Throwables.forAll(incoming.values(), span -> end(span, open));
            Long begun = since.getAndSet(null);
            if (begun != null) {
                long nanos = instruments.instrumentation().now() - begun;
                instruments
                        .instrumentation()
                        .measure(() -> instruments.metrics().session(peer, why, nanos));
            }
        });
    }

    private static void end(McpSpan span, @Nullable String why) {
        if (why == null) {
            span.end(Outcome.CANCELLED);
        } else {
            span.lost(why);
        }
    }

    /** The span has ended, for whatever reason. */
    private void ended(McpSpan span) {
        Object id = span.key();
        if (id != null) {
            outgoing.remove(id, span);
            incoming.remove(id, span);
        }
    }

    /**
     * A message goes out.
     *
     * @param params reads the params of a request as a map
     * @param deliver sends it
     */
    Mono<Void> send(
            McpSchema.JSONRPCMessage message,
            BiFunction<Object, TypeRef<Map<String, @Nullable Object>>, Map<String, @Nullable Object>> params,
            Function<McpSchema.JSONRPCMessage, Mono<Void>> deliver) {
        if (message instanceof McpSchema.JSONRPCRequest request) {
            return Mono.deferContextual(
                    view -> sendRequest(request, view.getOrDefault(FollowedCall.KEY, null), params, deliver));
        }
        if (message instanceof McpSchema.JSONRPCResponse response) {
            return Mono.defer(() -> sendResponse(response, deliver));
        }
        return Mono.defer(() -> {
            cancelled(message, outgoing);
            return deliver.apply(message);
        });
    }

    /** @param call that the request belongs to; null if nobody follows it */
    private Mono<Void> sendRequest(
            McpSchema.JSONRPCRequest request,
            @Nullable FollowedCall call,
            BiFunction<Object, TypeRef<Map<String, @Nullable Object>>, Map<String, @Nullable Object>> params,
            Function<McpSchema.JSONRPCMessage, Mono<Void>> deliver) {
        Context caller =
                call != null ? call.caller() : instruments.instrumentation().context();
        Exchanged sent = asking(request, params, caller);
        McpSpan span = sent.span();
        if (span == null) {
            return deliver.apply(request);
        }
        if (call != null) {
            call.has(span);
        }
        return span.around(Mono.defer(() -> deliver.apply(sent.request())))
                .doOnError(span::failed)
                .doOnCancel(() -> span.end(Outcome.CANCELLED));
    }

    private Mono<Void> sendResponse(
            McpSchema.JSONRPCResponse response, Function<McpSchema.JSONRPCMessage, Mono<Void>> deliver) {
        McpSpan span = response.id() == null ? null : incoming.remove(response.id());
        if (span == null) {
            return deliver.apply(response);
        }
        agreed(span.request(), McpResponse.of(response));
        return Mono.defer(() -> deliver.apply(response))
                .doOnSuccess(done -> span.responded(McpResponse.of(response)))
                .doOnError(span::failed)
                .doOnCancel(() -> span.end(Outcome.CANCELLED));
    }

    private Exchanged asking(
            McpSchema.JSONRPCRequest request,
            BiFunction<Object, TypeRef<Map<String, @Nullable Object>>, Map<String, @Nullable Object>> reader,
            Context caller) {
        McpSpan span = null;
        try {
            Map<String, @Nullable Object> params =
                    request.params() == null ? Map.of() : reader.apply(request.params(), PARAMS);
            McpRequest facts = McpRequest.of(request.method(), request.id(), request.jsonrpc(), params);
            if (facts.isInitialize() && !peer.isOfAServer()) {
                begins();
            }
            span = tracer.sent(peer, facts, McpRequest.arguments(request.method(), params), caller, this::ended);
            McpSchema.JSONRPCRequest sent = with(request, instruments.carrier().inject(span.context(), params));
            keep(outgoing, request.id(), span);
            if (timeoutNanos > 0) {
                span.endsBy(Schedulers.parallel().schedule(span::timedOut, timeoutNanos, TimeUnit.NANOSECONDS));
            }
            return new Exchanged(sent, span);
        } catch (Throwable e) { // the SDK's JSON library, on what the program wants to send
            untold(span, e);
            Throwables.propagateIfFatal(e);
            return new Exchanged(request, null); // the request goes on unchanged
        }
    }

    /** The span of a request that has come. */
    McpSpan received(McpRequest request, @Nullable Object arguments, Context sender) {
        return tracer.received(peer, request, arguments, sender, this::ended);
    }

    private void untold(@Nullable McpSpan span, Throwable why) {
        if (span != null) {
            span.end(Outcome.INTERRUPTED);
        }
        instruments.instrumentation().diagnostics().report(UNTOLD, why);
    }

    private static void keep(Map<Object, McpSpan> open, @Nullable Object id, McpSpan span) {
        if (id == null) {
            return;
        }
        span.key(id);
        McpSpan before = open.put(id, span);
        if (before != null) { // the other side uses an id twice
            before.end(Outcome.INTERRUPTED);
        }
        if (span.hasEnded()) { // meanwhile
            open.remove(id, span);
        }
    }

    /** A message has come. The response to a request of ours ends its span before the program knows of it. */
    void comes(McpSchema.JSONRPCMessage message) {
        if (message instanceof McpSchema.JSONRPCResponse response) {
            McpSpan span = response.id() == null ? null : outgoing.remove(response.id());
            if (span != null) {
                McpResponse known = McpResponse.of(response);
                agreed(span.request(), known);
                span.responded(known);
            }
        } else {
            cancelled(message, incoming);
        }
    }

    /**
     * A request has come. It is handed on with {@code _meta} that names its span, so that the handler can run in that.
     */
    Exchanged comes(McpSchema.JSONRPCRequest request) {
        seesRequests = true;
        McpSpan span = null;
        try {
            @SuppressWarnings("unchecked") // keys of a JSON object
            Map<String, @Nullable Object> params =
                    request.params() instanceof Map<?, ?> map ? (Map<String, @Nullable Object>) map : Map.of();
            span = received(
                    McpRequest.of(request.method(), request.id(), request.jsonrpc(), params),
                    McpRequest.arguments(request.method(), params),
                    instruments.carrier().extract(params));
            boolean asMap = request.params() == null || request.params() instanceof Map;
            McpSchema.JSONRPCRequest handed = asMap ? with(request, tracer.handed(span.context(), params)) : request;
            keep(incoming, request.id(), span);
            return new Exchanged(handed, span);
        } catch (Throwable e) { // the program's JSON library gives maps of its own make
            untold(span, e);
            Throwables.propagateIfFatal(e);
            return new Exchanged(request, null); // the request goes on unchanged
        }
    }

    /** The first request says which version of the protocol both sides speak. */
    private void agreed(McpRequest request, McpResponse response) {
        if (request.isInitialize()) {
            peer.protocolVersion(response.protocolVersion());
        }
    }

    /** The side that asked has cancelled its request. */
    private static void cancelled(McpSchema.JSONRPCMessage message, Map<Object, McpSpan> spans) {
        if (message instanceof McpSchema.JSONRPCNotification notification
                && notification.method().equals(CANCELLED)
                && notification.params() instanceof Map<?, ?> params
                && params.get("requestId") != null) {
            McpSpan span = spans.remove(params.get("requestId"));
            if (span != null) {
                span.end(Outcome.CANCELLED);
            }
        }
    }

    private static McpSchema.JSONRPCRequest with(McpSchema.JSONRPCRequest request, Map<String, ?> params) {
        boolean bare = request.params() == null && params.isEmpty();
        return new McpSchema.JSONRPCRequest(request.jsonrpc(), request.method(), request.id(), bare ? null : params);
    }

    /**
     * A request as it goes on.
     *
     * @param span null if none could be made
     */
    record Exchanged(
            McpSchema.JSONRPCRequest request, @Nullable McpSpan span) {

        /** Without the params, which are content. */
        @Override
        public String toString() {
            return "Exchanged{" + request.method() + ", " + request.id() + '}';
        }

        /** The work on the request, in its span; whatever becomes of it, the span does not stay open. */
        <T> Mono<T> during(Mono<T> work) {
            McpSpan known = span;
            if (known == null) {
                return work;
            }
            return known.during(known.around(work).doOnError(known::failed).doFinally(signal -> {
                if (signal == SignalType.CANCEL) {
                    known.end(Outcome.CANCELLED);
                } else {
                    known.end(Outcome.INTERRUPTED); // no effect if it has its response
                }
            }));
        }
    }
}
