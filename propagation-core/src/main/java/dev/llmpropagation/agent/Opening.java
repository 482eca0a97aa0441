package dev.llmpropagation.agent;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A span of ours as it started. Immutable.
 *
 * @param context of what happens inside: with the span and its session
 * @param lineage what it hands down, or null if nothing is known
 * @param cancelSignal its own or that of the span around it, or null
 */
record Opening(
        SpanType type,
        Span span,
        Context context,
        @Nullable AgentScope parent,
        @Nullable Lineage lineage,
        @Nullable String session,
        long startNanos,
        long ttlNanos,
        @Nullable BooleanSupplier cancelSignal) {}
