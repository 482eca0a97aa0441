package dev.llmpropagation.testkit;

import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Spans of the SDK in words, and as the waterfall wants them. */
final class RecordedSpans {

    private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("llm_propagation.outcome");
    private static final AttributeKey<Long> STATUS = AttributeKey.longKey("http.response.status_code");

    /** How the name of a span ends that has not. */
    static final String NOT_ENDED = " (not ended)";

    private RecordedSpans() {}

    /** A span that has not ended says so in its name. */
    static TraceSpan of(SpanData span) {
        Map<String, Object> attributes = new LinkedHashMap<>();
        span.getAttributes().forEach((key, value) -> attributes.put(key.getKey(), value));
        return new TraceSpan(
                span.getTraceId(),
                span.getSpanId(),
                span.getParentSpanContext().isValid() ? span.getParentSpanId() : "",
                span.hasEnded() ? span.getName() : span.getName() + NOT_ENDED,
                span.getKind().name(),
                span.getStartEpochNanos(),
                span.hasEnded() ? span.getEndEpochNanos() : span.getStartEpochNanos(),
                span.getStatus().getStatusCode() == StatusCode.ERROR,
                Collections.unmodifiableMap(attributes));
    }

    static boolean isAttempt(SpanData span) {
        return of(span).isAttempt();
    }

    static boolean isAbandoned(SpanData span) {
        return "abandoned".equals(span.getAttributes().get(OUTCOME));
    }

    static String describe(SpanData span) {
        return '"' + span.getName() + "\" (" + span.getKind() + ')';
    }

    static String describeOpen(SpanData span, RecordedTelemetry telemetry) {
        String parent = telemetry.openSpans().stream()
                .filter(other -> other.getSpanId().equals(span.getParentSpanId()))
                .map(other -> ", child of " + describe(other))
                .findFirst()
                .orElse("");
        boolean answered =
                span.getKind() == SpanKind.CLIENT && span.getAttributes().get(STATUS) != null;
        return describe(span)
                + parent
                + (answered ? "; its response came, so the body is not closed, and a connection is leaked" : "");
    }
}
