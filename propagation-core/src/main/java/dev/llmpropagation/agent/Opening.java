package dev.llmpropagation.agent;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.util.Arrays;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A span of ours as it started. Immutable.
 *
 * @param context of what happens inside: with the span and its session
 * @param cancelSignal its own or that of the span around it, or null
 */
record Opening(
        SpanType type,
        Span span,
        Context context,
        @Nullable AgentScope parent,
        @Nullable String session,
        long startNanos,
        long ttlNanos,
        @Nullable BooleanSupplier cancelSignal) {

    private static final Set<String> RESERVED = Arrays.stream(Attribute.values())
            .map(attribute -> attribute.key.getKey())
            .collect(Collectors.toUnmodifiableSet());

    /** Whether the program may set an attribute of this name on a span that runs. */
    static boolean isFree(AttributeKey<?> key) {
        return !RESERVED.contains(key.getKey()) && !Attribute.isContent(key.getKey());
    }
}
