package dev.llmpropagation.daemon;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Instrumentation;
import dev.llmpropagation.internal.span.SpanType;
import dev.llmpropagation.internal.span.StartedSpan;
import dev.llmpropagation.internal.span.Throwables;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.session.SessionIds;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes the span of a step, in the span that it belongs to. Immutable.
 *
 * @param captured null for what is current at the start
 * @param queueWaitNanos negative if there was no queue
 */
record StepStart(
        DaemonInstruments instruments,
        BridgeOperation operation,
        @Nullable Context captured,
        long queueWaitNanos,
        Ids named,
        @Nullable BooleanSupplier cancelSignal) {

    private static final String ORPHAN =
            "A prompt is dispatched outside of any span, so it is a trace of its own; queue it by"
                    + " request.queued(), or where its request is current";

    /** What the program names; what it does not, the span around may know. */
    record Ids(
            @Nullable String session,
            @Nullable String prompt,
            @Nullable String client) {}

    BridgeSpan start() {
        Instrumentation instrumentation = instruments.instrumentation();
        Context current = captured != null ? captured : instrumentation.context();
        DaemonSpan around = DaemonSpan.fromContext(current);
        tellOfOrphan(around, current);
        String owner = owner(around, current);
        Context context = owner != null && SessionIds.isFit(owner) ? current.with(LlmSession.of(owner)) : current;
        Span started = Span.getInvalid();
        try {
            started = startSpan(instrumentation.tracer(), context);
        } catch (Throwable e) { // a span processor of the program's, say
            instrumentation.diagnostics().report("A span could not be started; the daemon goes on without it", e);
            Throwables.propagateIfFatal(e);
        }
        BridgeSpan step = new BridgeSpan(
                instruments,
                new StartedSpan<>(
                        instruments.open(),
                        SpanType.DAEMON_BRIDGE.referenceName,
                        started,
                        true,
                        started.getSpanContext().isValid() ? context.with(started) : context,
                        around == null ? null : around.life.firstOpen(),
                        instruments.ttlNanos(),
                        cancelSignal),
                around == null ? null : around.request(),
                operation);
        step.life.beforeHandedOver(() -> {
            step.session(owner);
            step.prompt(named.prompt() != null || around == null ? named.prompt() : around.promptId());
            step.client(named.client() != null || around == null ? named.client() : around.clientId());
            step.life.started();
        });
        return step;
    }

    /** Steps such as the start of a process may stand alone. A prompt comes from somewhere. */
    private void tellOfOrphan(@Nullable DaemonSpan parent, Context context) {
        if (operation == BridgeOperation.PROMPT_DISPATCH
                && parent == null
                && instruments.instrumentation().tracer() != null
                && !Span.fromContext(context).getSpanContext().isValid()) {
            instruments.instrumentation().diagnostics().report(ORPHAN, null);
        }
    }

    private @Nullable String owner(@Nullable DaemonSpan parent, Context around) {
        if (named.session() != null) {
            return named.session();
        }
        String inherited = parent == null ? null : parent.session();
        LlmSession known = LlmSession.fromContext(around);
        return inherited != null ? inherited : known == null ? null : known.id();
    }

    private Span startSpan(@Nullable Tracer tracer, Context context) {
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
        if (Span.fromContext(context).getSpanContext().isValid()) {
            return builder.startSpan();
        }
        return instruments.instrumentation().startRoot(builder, context);
    }
}
