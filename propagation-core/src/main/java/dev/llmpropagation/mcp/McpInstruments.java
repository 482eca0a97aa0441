package dev.llmpropagation.mcp;

import dev.llmpropagation.carrier.EnvelopeCarrier;
import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.AttributeSink;
import dev.llmpropagation.internal.span.ContentGate;
import dev.llmpropagation.internal.span.Instrumentation;
import dev.llmpropagation.internal.span.OpenSpans;
import dev.llmpropagation.internal.span.SpanType;
import dev.llmpropagation.internal.span.StartedSpan;
import dev.llmpropagation.internal.span.Throwables;
import dev.llmpropagation.internal.span.ToolCalls;
import dev.llmpropagation.session.LlmSession;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * What all connections of one {@link McpTelemetry} share.
 *
 * @param gate null while no content is recorded
 * @param served open spans of requests that are answered here, by the ids of trace and span: a handler finds its own by
 *     {@code _meta}
 */
record McpInstruments(
        Instrumentation instrumentation,
        McpMetrics metrics,
        EnvelopeCarrier carrier,
        @Nullable ContentGate gate,
        OpenSpans open,
        long ttlNanos,
        Map<String, McpSpan> served,
        KnownSessions sessions) {

    static final String EXECUTE_TOOL = "execute_tool";

    private static final String BAGGAGE = "baggage";

    McpInstruments(
            Instrumentation instrumentation, EnvelopeCarrier carrier, @Nullable ContentGate gate, long ttlNanos) {
        this(
                instrumentation,
                new McpMetrics(instrumentation.meter()),
                carrier,
                gate,
                new OpenSpans(instrumentation, null),
                ttlNanos,
                new ConcurrentHashMap<>(),
                new KnownSessions());
    }

    /** The same, with this Context current where it is subscribed to. It ends as that does, and is not cancelled by its value. */
    static <T> Mono<T> in(Context context, Instrumentation instrumentation, Mono<T> work) {
        return Mono.fromDirect(subscriber -> {
            try (Scope ignored = instrumentation.current(context)) {
                work.subscribe(subscriber);
            }
        });
    }

    /** What is sent: the Context of a span that stands in the caller's. */
    McpSpan sent(McpConnection connection, McpRequest request, @Nullable Object arguments, Context caller) {
        return start(SpanType.MCP_CLIENT, connection, request, arguments, caller, null);
    }

    /** What has come, with the trace of the other side as its parent, as the convention has it. */
    McpSpan received(McpConnection connection, McpRequest request, @Nullable Object arguments, Context sender) {
        boolean known = Span.fromContext(sender).getSpanContext().isValid();
        SpanContext around = Span.fromContext(instrumentation.context()).getSpanContext();
        McpSpan span = start(
                SpanType.MCP_SERVER,
                connection,
                request,
                arguments,
                following(sender),
                known && around.isValid() ? around : null);
        String id = id(span.span().getSpanContext());
        if (id != null) {
            served.put(id, span);
            if (span.hasEnded()) {
                served.remove(id, span);
            }
        }
        return span;
    }

    /** What is current here, in the trace of the sender and, if baggage is read, with the sender's. */
    Context following(Context sender) {
        Context here = instrumentation.context();
        Span remote = Span.fromContext(sender);
        Context traced = remote.getSpanContext().isValid() ? here.with(remote) : here;
        Baggage sent = Baggage.fromContextOrNull(sender);
        return sent == null ? traced : traced.with(sent);
    }

    /**
     * The open span that the transport has put into the {@code _meta} of a request.
     *
     * @param connection that the request came by; null if that is not known
     */
    @Nullable
    McpSpan served(Context sender, @Nullable McpConnection connection) {
        String id = id(Span.fromContext(sender).getSpanContext());
        McpSpan found = id == null ? null : served.get(id);
        return found != null && (connection == null || connection == found.connection()) ? found : null;
    }

    void ended(McpSpan span) {
        String id = id(span.span().getSpanContext());
        if (id != null) {
            served.remove(id, span);
        }
    }

    private static @Nullable String id(SpanContext span) {
        return span.isValid() ? span.getTraceId() + span.getSpanId() : null;
    }

    /** Params for the handler, in this Context. The sender's baggage is the handler's, too, where it is not read here. */
    Map<String, @Nullable Object> handed(Context inside, Map<String, @Nullable Object> params) {
        Map<String, @Nullable Object> handed = carrier.inject(inside, params);
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
            McpConnection connection,
            McpRequest request,
            @Nullable Object arguments,
            Context parent,
            @Nullable SpanContext link) {
        Span span = startSpan(type, connection, request, arguments, parent, link);
        Context inside = span.getSpanContext().isValid() ? parent.with(span) : parent;
        McpSpan started = new McpSpan(
                this,
                connection,
                request,
                type,
                new StartedSpan<>(open, request.spanName(), span, true, inside, null, ttlNanos, null));
        started.started();
        return started;
    }

    private Span startSpan(
            SpanType type,
            McpConnection connection,
            McpRequest request,
            @Nullable Object arguments,
            Context parent,
            @Nullable SpanContext link) {
        Tracer tracer = instrumentation.tracer();
        if (tracer == null) {
            return Span.getInvalid();
        }
        try {
            SpanBuilder builder = tracer.spanBuilder(request.spanName())
                    .setSpanKind(type.kind)
                    .setParent(parent);
            describe(type, connection, request, parent, builder::setAttribute);
            Attribute.TOOL_ARGUMENTS.put(builder::setAttribute, content(arguments));
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

    /** What a sampler sees. */
    private void describe(
            SpanType type, McpConnection connection, McpRequest request, Context parent, AttributeSink to) {
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
        Attribute.OPERATION_NAME.put(to, request.isToolCall() && !counted ? EXECUTE_TOOL : null);
        connection.describe(to);
    }

    /** The content as JSON, if it is recorded; else null. */
    @Nullable
    String content(@Nullable Object content) {
        if (gate == null || !gate.onSpans() || content == null) {
            return null;
        }
        try {
            return gate.forSpan(McpJsonDefaults.getMapper().writeValueAsString(content));
        } catch (IOException | RuntimeException | LinkageError e) { // of the redaction, or of the SDK's JSON library
            instrumentation
                    .diagnostics()
                    .report("Content of a call over MCP could not be shown; it is not recorded", e);
            return null;
        }
    }
}
