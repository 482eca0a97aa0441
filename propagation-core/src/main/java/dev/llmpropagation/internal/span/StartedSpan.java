package dev.llmpropagation.internal.span;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A span that has just been started, as its {@link SpanLife} takes it over.
 *
 * @param registry where it is kept while it is open
 * @param name for diagnostics and {@code toString()}: a constant. That of the span can be another one
 * @param owned whether the span is ours to end; else it is that of another instrumentation
 * @param context of what happens inside
 * @param around the innermost open span of ours around it, or null
 * @param ttlNanos how long it may stay without activity
 * @param cancelSignal whether the program has cancelled it, or null without such a signal
 */
public record StartedSpan<H>(
        OpenSpans registry,
        String name,
        Span span,
        boolean owned,
        Context context,
        @Nullable SpanLife<H> around,
        long ttlNanos,
        @Nullable BooleanSupplier cancelSignal) {}
