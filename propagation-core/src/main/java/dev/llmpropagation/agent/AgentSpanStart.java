package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.SpanType;
import dev.llmpropagation.internal.span.StartedSpan;
import org.jspecify.annotations.Nullable;

/**
 * A span of an agent that has just been started. Immutable.
 *
 * @param inherited what it hands down, or null if nothing is known
 * @param session that it belongs to, or null
 * @param calls of the agent that works here, or null outside of one
 */
record AgentSpanStart(
        SpanType type,
        SpanNames names,
        StartedSpan<AgentSpan> started,
        @Nullable Inherited inherited,
        @Nullable String session,
        @Nullable InvocationCalls calls) {}
