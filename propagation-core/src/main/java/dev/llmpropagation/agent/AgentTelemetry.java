package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Convention;
import dev.llmpropagation.internal.span.Instrumentation;
import dev.llmpropagation.internal.span.OpenSpans;
import dev.llmpropagation.internal.span.Throwables;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.session.SessionIds;
import io.opentelemetry.context.Context;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What all spans of one {@link AgentTracing} share.
 *
 * @param invocations null where the set of names has none
 * @param sessionId asked only where no parent and no Context knows the session
 */
record AgentTelemetry(
        Instrumentation instrumentation,
        Convention convention,
        SpanNames names,
        @Nullable String agentName,
        GuardedContent content,
        AgentMetrics metrics,
        ModelMetrics modelMetrics,
        @Nullable InvocationMetrics invocations,
        AgentEvents events,
        OpenSpans open,
        OpenPrompts prompts,
        Limits limits,
        @Nullable Supplier<@Nullable String> sessionId) {

    /**
     * How long a span may stay without activity.
     *
     * @param approvalNanos how long a person may be waited for
     * @param streamIdleNanos how long a streamed response may stand still
     */
    record Limits(long ttlNanos, long backgroundTtlNanos, long approvalNanos, long streamIdleNanos) {}

    /** Without an SDK the Context of the program passes through unchanged, but for the session. */
    boolean makesSpans() {
        return instrumentation.tracer() != null;
    }

    /** The session that the Context knows, else the program's current one; only if it is fit. */
    @Nullable
    String session(Context context) {
        LlmSession known = LlmSession.fromContext(context);
        return fit(known != null ? known.id() : supplied());
    }

    static @Nullable String fit(@Nullable String id) {
        return SessionIds.isFit(id) ? id : null;
    }

    private @Nullable String supplied() {
        if (sessionId == null) {
            return null;
        }
        try {
            return sessionId.get();
        } catch (Throwable e) { // the supplier is the program's
            instrumentation.diagnostics().report("The supplier of the session id failed; a span goes without it", e);
            Throwables.propagateIfFatal(e);
            return null;
        }
    }
}
