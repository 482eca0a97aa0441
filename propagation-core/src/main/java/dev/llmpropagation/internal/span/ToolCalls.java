package dev.llmpropagation.internal.span;

import io.opentelemetry.context.Context;
import java.util.function.Predicate;

/** Whether a tool call has a span already, so that nobody counts it twice. Agents say so. Thread-safe. */
public final class ToolCalls {

    private static volatile Predicate<Context> agents = context -> false;

    private ToolCalls() {}

    /** Called by the spans of agents, once: before that there are none. */
    public static void knownBy(Predicate<Context> insideOfATool) {
        agents = insideOfATool;
    }

    /** Whether the innermost span of an agent that this Context is in is a tool, or its run. */
    public static boolean haveASpanIn(Context context) {
        return agents.test(context);
    }
}
