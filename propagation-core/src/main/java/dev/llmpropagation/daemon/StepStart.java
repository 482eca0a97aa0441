package dev.llmpropagation.daemon;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Instrumentation;
import dev.llmpropagation.internal.span.SpanType;
import dev.llmpropagation.internal.span.Throwables;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.session.SessionIds;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/**
 * The span of a step that has just been started, in the span that it belongs to.
 *
 * @param around the span of ours that the step stands in, or null
 * @param session the one that the program names, else the one that is known there; it may be unfit
 * @param span invalid if none could be made
 * @param inside the Context of what happens in the step
 */
record StepStart(@Nullable DaemonSpan around, @Nullable String session, Span span, Context inside) {

    private static final String ORPHAN =
            "A prompt is dispatched outside of any span, so it is a trace of its own; queue it by"
                    + " request.queued(), or where its request is current";

    /**
     * @param captured null for what is current now
     * @param queueWaitNanos negative if there was no queue
     * @param named session that the program names, or null
     */
    static StepStart of(
            Instrumentation instrumentation,
            BridgeOperation operation,
            @Nullable Context captured,
            long queueWaitNanos,
            @Nullable String named) {
        Context current = captured != null ? captured : instrumentation.context();
        DaemonSpan around = DaemonSpan.fromContext(current);
        if (operation == BridgeOperation.PROMPT_DISPATCH && around == null) {
            tellOfOrphan(instrumentation, current);
        }
        String session = named != null ? named : session(around, current);
        Context context = session != null && SessionIds.isFit(session) ? current.with(LlmSession.of(session)) : current;
        Span started = Span.getInvalid();
        try {
            started = startSpan(instrumentation, operation, context, queueWaitNanos);
        } catch (Throwable e) { // a span processor of the program's, say
            instrumentation.diagnostics().report("A span could not be started; the daemon goes on without it", e);
            Throwables.propagateIfFatal(e);
        }
        return new StepStart(
                around, session, started, started.getSpanContext().isValid() ? context.with(started) : context);
    }

    /** A step such as the start of a process needs no parent, but a prompt always has one. */
    private static void tellOfOrphan(Instrumentation instrumentation, Context context) {
        if (instrumentation.tracer() != null
                && !Span.fromContext(context).getSpanContext().isValid()) {
            instrumentation.diagnostics().report(ORPHAN, null);
        }
    }

    private static @Nullable String session(@Nullable DaemonSpan around, Context context) {
        String inherited = around == null ? null : around.session();
        LlmSession known = LlmSession.fromContext(context);
        return inherited != null ? inherited : known == null ? null : known.id();
    }

    private static Span startSpan(
            Instrumentation instrumentation, BridgeOperation operation, Context context, long queueWaitNanos) {
        Tracer tracer = instrumentation.tracer();
        if (tracer == null) {
            return Span.getInvalid();
        }
        SpanBuilder builder = tracer.spanBuilder(SpanType.DAEMON_BRIDGE.referenceName)
                .setParent(context)
                .setAttribute(Attribute.DAEMON_OPERATION.key(), operation.value())
                .setAttribute(Attribute.BRIDGE_OPERATION.key(), operation.value());
        if (queueWaitNanos >= 0) {
            builder.setAttribute(Attribute.QUEUE_WAIT.<Long>key(), queueWaitNanos / 1_000_000);
        }
        return Span.fromContext(context).getSpanContext().isValid()
                ? builder.startSpan()
                : instrumentation.startRoot(builder, context);
    }
}
