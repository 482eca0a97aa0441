package dev.llmpropagation.mcp;

import dev.llmpropagation.carrier.EnvelopeCarrier;
import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.AttributeSink;
import dev.llmpropagation.internal.span.Instrumentation;
import dev.llmpropagation.internal.span.SpanType;
import dev.llmpropagation.internal.span.StartedSpan;
import dev.llmpropagation.internal.span.Throwables;
import dev.llmpropagation.internal.span.ToolCalls;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Starts the spans of requests, and keeps those of incoming requests by the ids of trace and span, so that a handler
 * finds its own by {@code _meta}. Thread-safe.
 */
final class McpTracer {

    private static final String BAGGAGE = "baggage";

    /** Does not name the tool: a model can invent names, and diagnostics keep a budget for each text. */
    private static final String DIAGNOSED = "A request over MCP";

    private final McpInstruments instruments;
    private final Map<String, McpSpan> served = new ConcurrentHashMap<>();

    McpTracer(McpInstruments instruments) {
        this.instruments = instruments;
    }

    McpInstruments instruments() {
        return instruments;
    }

    /** The span of a request that is sent, in the Context of the caller. */
    McpSpan sent(
            McpPeer peer, McpRequest request, @Nullable Object arguments, Context caller, Consumer<McpSpan> ended) {
        return start(SpanType.MCP_CLIENT, peer, request, arguments, caller, null, ended);
    }

    /** The span of a request that has come. Its parent is the span of the other side, as in the convention. */
    McpSpan received(
            McpPeer peer, McpRequest request, @Nullable Object arguments, Context sender, Consumer<McpSpan> ended) {
        boolean known = Span.fromContext(sender).getSpanContext().isValid();
        SpanContext around =
                Span.fromContext(instruments.instrumentation().context()).getSpanContext();
        McpSpan started = start(
                SpanType.MCP_SERVER,
                peer,
                request,
                arguments,
                following(sender),
                known && around.isValid() ? around : null,
                span -> {
                    served.remove(id(span.span().getSpanContext()), span);
                    ended.accept(span);
                });
        SpanContext span = started.span().getSpanContext();
        if (span.isValid()) {
            served.put(id(span), started);
            if (started.hasEnded()) {
                served.remove(id(span), started);
            }
        }
        return started;
    }

    /** What is current here, in the trace of the sender and, if baggage is read, with the sender's. */
    Context following(Context sender) {
        Context here = instruments.instrumentation().context();
        Span remote = Span.fromContext(sender);
        Context traced = remote.getSpanContext().isValid() ? here.with(remote) : here;
        Baggage sent = Baggage.fromContextOrNull(sender);
        return sent == null ? traced : traced.with(sent);
    }

    /**
     * The open span that the transport has put into the {@code _meta} of a request.
     *
     * @param peer that the request came from; null if that is not known
     */
    @Nullable
    McpSpan served(Context sender, @Nullable McpPeer peer) {
        McpSpan found = served.get(id(Span.fromContext(sender).getSpanContext()));
        return found != null && (peer == null || peer == found.peer()) ? found : null;
    }

    private static String id(SpanContext span) {
        return span.getTraceId() + span.getSpanId();
    }

    /** Params for the handler, in this Context. The sender's baggage is the handler's, too, where it is not read here. */
    Map<String, @Nullable Object> handed(Context inside, Map<String, @Nullable Object> params) {
        Map<String, @Nullable Object> handed = instruments.carrier().inject(inside, params);
        if (handed != params
                && params.get(EnvelopeCarrier.META) instanceof Map<?, ?> came
                && handed.get(EnvelopeCarrier.META) instanceof Map<?, ?> written
                && !written.containsKey(BAGGAGE)) {
            Map<@Nullable Object, @Nullable Object> meta = new LinkedHashMap<>(written);
            came.forEach((key, value) -> {
                if (key instanceof String name && name.equalsIgnoreCase(BAGGAGE)) {
                    meta.put(name, value);
                }
            });
            handed.put(EnvelopeCarrier.META, meta);
        }
        return handed;
    }

    private McpSpan start(
            SpanType type,
            McpPeer peer,
            McpRequest request,
            @Nullable Object arguments,
            Context parent,
            @Nullable SpanContext link,
            Consumer<McpSpan> ended) {
        Span span = startSpan(type, peer, request, arguments, parent, link);
        Context inside = span.getSpanContext().isValid() ? parent.with(span) : parent;
        McpSpan started = new McpSpan(
                instruments,
                peer,
                request,
                type,
                new StartedSpan<>(
                        instruments.open(), DIAGNOSED, span, true, inside, null, instruments.ttlNanos(), null),
                ended);
        started.started();
        return started;
    }

    private Span startSpan(
            SpanType type,
            McpPeer peer,
            McpRequest request,
            @Nullable Object arguments,
            Context parent,
            @Nullable SpanContext link) {
        Instrumentation instrumentation = instruments.instrumentation();
        Tracer tracer = instrumentation.tracer();
        if (tracer == null) {
            return Span.getInvalid();
        }
        try {
            SpanBuilder builder = tracer.spanBuilder(request.spanName())
                    .setSpanKind(type.kind)
                    .setParent(parent);
            describe(type, peer, request, parent, builder::setAttribute);
            Attribute.TOOL_ARGUMENTS.put(builder::setAttribute, instruments.content(arguments));
            if (link != null) {
                builder.addLink(link);
            }
            return Span.fromContext(parent).getSpanContext().isValid()
                    ? builder.startSpan()
                    : instrumentation.startRoot(builder, parent);
        } catch (Throwable e) { // of a sampler or a span processor: the call goes on without the span
            instrumentation.diagnostics().report("A span could not be started; the call goes on without it", e);
            Throwables.propagateIfFatal(e);
            return Span.getInvalid();
        }
    }

    /** Sets the attributes that a sampler sees. */
    private void describe(SpanType type, McpPeer peer, McpRequest request, Context parent, AttributeSink to) {
        LlmSession session = LlmSession.fromContext(parent);
        if (session != null && !session.id().isEmpty()) {
            Attribute.SESSION_ID.put(to, session.id());
            Attribute.CONVERSATION_ID.put(to, session.id());
        }
        Attribute.MCP_METHOD.put(to, request.method());
        Attribute.TOOL_NAME.put(to, request.tool());
        Attribute.PROMPT_NAME.put(to, request.prompt());
        Attribute.MCP_RESOURCE_URI.put(to, request.uri());
        Attribute.JSONRPC_REQUEST_ID.put(to, request.id());
        Attribute.JSONRPC_PROTOCOL_VERSION.put(to, request.jsonrpc());
        boolean counted = type == SpanType.MCP_CLIENT && ToolCalls.haveASpanIn(parent);
        Attribute.OPERATION_NAME.put(to, request.isToolCall() && !counted ? McpRequest.EXECUTE_TOOL : null);
        peer.describe(to);
    }
}
