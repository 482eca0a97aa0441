package dev.llmpropagation.internal.span;

import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;

/** Whether a tool call has a span already, so that nobody counts it twice. */
public final class ToolCalls {

    /**
     * Where the innermost span of an agent stands in a Context. Its value is a {@link SpanLife}, or any other object where
     * there is none: OpenTelemetry accepts no null.
     */
    public static final ContextKey<Object> AGENT_SPAN = ContextKey.named("llm-propagation-agent-span");

    private ToolCalls() {}

    /** Whether the innermost span of an agent that this Context is in is a tool, or its run. */
    public static boolean haveASpanIn(Context context) {
        return context.get(AGENT_SPAN) instanceof SpanLife<?> innermost && innermost.isToolCall();
    }
}
