package dev.llmpropagation.testkit;

import dev.llmpropagation.testkit.trace.SpanDetails;
import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Spans of the SDK in words, and as the waterfall wants them. */
final class RecordedSpans {

    private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("llm_propagation.outcome");
    private static final AttributeKey<String> SERVICE = AttributeKey.stringKey("service.name");
    private static final AttributeKey<Long> STATUS = AttributeKey.longKey("http.response.status_code");

    /** How the name of a span ends that has not. */
    static final String NOT_ENDED = " (not ended)";

    private RecordedSpans() {}

    /** A span that has not ended says so in its name. */
    static TraceSpan of(SpanData span) {
        return new TraceSpan(
                span.getTraceId(),
                span.getSpanId(),
                span.getParentSpanContext().isValid() ? span.getParentSpanId() : "",
                span.hasEnded() ? span.getName() : span.getName() + NOT_ENDED,
                span.getKind().name(),
                span.getStartEpochNanos(),
                span.hasEnded() ? span.getEndEpochNanos() : span.getStartEpochNanos(),
                span.getStatus().getStatusCode() == StatusCode.ERROR,
                attributes(span.getAttributes()),
                details(span));
    }

    private static SpanDetails details(SpanData span) {
        return new SpanDetails(
                span.getResource()
                        .getAttributes()
                        .asMap()
                        .getOrDefault(SERVICE, "")
                        .toString(),
                span.getInstrumentationScopeInfo().getName(),
                span.getStatus().getDescription(),
                span.getEvents().stream()
                        .map(event -> new SpanDetails.Event(
                                event.getName(), event.getEpochNanos(), attributes(event.getAttributes())))
                        .toList(),
                span.getLinks().stream()
                        .map(link -> new SpanDetails.Link(
                                link.getSpanContext().getTraceId(),
                                link.getSpanContext().getSpanId(),
                                attributes(link.getAttributes())))
                        .toList());
    }

    private static Map<String, Object> attributes(Attributes recorded) {
        Map<String, Object> attributes = new LinkedHashMap<>();
        recorded.forEach((key, value) -> attributes.put(key.getKey(), value));
        return Collections.unmodifiableMap(attributes);
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
