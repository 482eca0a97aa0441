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
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * What all connections of one {@link McpTelemetry} share.
 *
 * @param gate null while no content is recorded
 * @param served open spans of requests that are answered here, by their id: a handler finds its own by {@code _meta}
 * @param sessions of servers over HTTP, by id
 */
record McpInstruments(
        Instrumentation instrumentation,
        McpMetrics metrics,
        EnvelopeCarrier carrier,
        @Nullable ContentGate gate,
        OpenSpans open,
        long ttlNanos,
        Map<String, McpSpan> served,
        Map<String, McpConnection> sessions) {

    static final String EXECUTE_TOOL = "execute_tool";

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
                new ConcurrentHashMap<>());
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
    McpSpan sent(McpConnection connection, McpRequest request, Context caller) {
        return start(SpanType.MCP_CLIENT, connection, request, caller, null);
    }

    /** What has come, with the trace of the other side as its parent, as the convention has it. */
    McpSpan received(McpConnection connection, McpRequest request, Context sender) {
        Context here = instrumentation.context();
        Span remote = Span.fromContext(sender);
        boolean known = remote.getSpanContext().isValid();
        SpanContext around = Span.fromContext(here).getSpanContext();
        McpSpan span = start(
                SpanType.MCP_SERVER,
                connection,
                request,
                known ? here.with(remote) : here,
                known && around.isValid() ? around : null);
        if (span.span().getSpanContext().isValid() && !span.hasEnded()) {
            served.put(span.span().getSpanContext().getSpanId(), span);
        }
        return span;
    }

    private McpSpan start(
            SpanType type, McpConnection connection, McpRequest request, Context parent, @Nullable SpanContext link) {
        Span span = startSpan(type, connection, request, parent, link);
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
            SpanType type, McpConnection connection, McpRequest request, Context parent, @Nullable SpanContext link) {
        Tracer tracer = instrumentation.tracer();
        if (tracer == null) {
            return Span.getInvalid();
        }
        try {
            SpanBuilder builder = tracer.spanBuilder(request.spanName())
                    .setSpanKind(type.kind)
                    .setParent(parent);
            describe(type, connection, request, parent, builder::setAttribute);
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
        Attribute.TOOL_ARGUMENTS.put(to, request.isToolCall() ? content(request.arguments()) : null);
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
