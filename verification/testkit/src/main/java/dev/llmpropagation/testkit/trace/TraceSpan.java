package dev.llmpropagation.testkit.trace;

import java.util.Map;
import java.util.Optional;

/**
 * One span as it was exported. Immutable.
 *
 * @param parentSpanId empty for the root of a trace
 * @param kind as OTLP names it, without the prefix: {@code CLIENT}, {@code INTERNAL} …
 * @param startNanos since the epoch
 * @param endNanos since the epoch
 * @param error whether its status is ERROR
 * @param attributes in the order of their export; values are String, Long, Double, Boolean, or a List or Map of these
 */
public record TraceSpan(
        String traceId,
        String spanId,
        String parentSpanId,
        String name,
        String kind,
        long startNanos,
        long endNanos,
        boolean error,
        Map<String, Object> attributes,
        SpanDetails details) {

    /** Without details. */
    public TraceSpan(
            String traceId,
            String spanId,
            String parentSpanId,
            String name,
            String kind,
            long startNanos,
            long endNanos,
            boolean error,
            Map<String, Object> attributes) {
        this(traceId, spanId, parentSpanId, name, kind, startNanos, endNanos, error, attributes, SpanDetails.NONE);
    }

    /** The attribute as text. */
    public Optional<String> text(String key) {
        return Optional.ofNullable(attributes.get(key)).map(Object::toString);
    }

    /** The attribute as a number. */
    public Optional<Number> number(String key) {
        return attributes.get(key) instanceof Number number ? Optional.of(number) : Optional.empty();
    }

    /** Whether this is a wire attempt. */
    public boolean isAttempt() {
        return isClient() && attributes.containsKey("http.request.method");
    }

    /** Whether this is a call to a model, around its attempts. */
    public boolean isModelCall() {
        return isClient() && attributes.containsKey("gen_ai.request.model");
    }

    public boolean isClient() {
        return kind.equals("CLIENT");
    }
}
