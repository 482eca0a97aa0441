package dev.llmpropagation.agent;

import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.session.SessionIds;
import dev.llmpropagation.span.CurrentContext;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What all spans of one {@link AgentTracing} share.
 *
 * @param tracer null without an SDK: then the Context of the program passes through unchanged, but for the session
 * @param sessionId asked only where no parent and no Context knows the session
 */
record Engine(
        @Nullable Tracer tracer,
        SpanNames names,
        @Nullable String agentName,
        Content content,
        AgentMetrics metrics,
        ModelMetrics modelMetrics,
        AgentEvents events,
        OpenSpans open,
        @Nullable Supplier<@Nullable String> sessionId,
        BiConsumer<String, @Nullable Throwable> diagnostics) {

    /** Runs a step of ours. Whatever it throws, the program's own work goes on. */
    void quietly(String whatFailed, Runnable step) {
        try {
            step.run();
        } catch (Throwable e) { // span processors, exporters and sinks are the program's
            diagnostics.accept(whatFailed, e);
        }
    }

    /** Makes it current, or goes without where the program's context storage fails. */
    Scope current(Context context) {
        return new CurrentContext(diagnostics).scope(context);
    }

    /** The Context that is current, or the root where the program's context storage fails. */
    Context context() {
        return new CurrentContext(diagnostics).get();
    }

    /** Whether the program may set this attribute. If the name is the library's, it may not, and is told. */
    boolean admits(AttributeKey<?> key) {
        String name = key.getKey();
        if (!Attribute.isOurs(name)) {
            return true;
        }
        diagnostics.accept("The attribute " + name + " is this library's to set; the program's is left out", null);
        return false;
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
            diagnostics.accept("The supplier of the session id failed; a span goes without it", e);
            return null;
        }
    }
}
