package dev.llmpropagation.doctor.trace;

import com.google.protobuf.ByteString;
import dev.llmpropagation.testkit.trace.SpanDetails;
import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status.StatusCode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads spans from OTLP. */
final class OtlpSpans {

    private static final String KIND_PREFIX = "SPAN_KIND_";

    private OtlpSpans() {}

    static List<TraceSpan> of(ExportTraceServiceRequest request) {
        List<TraceSpan> spans = new ArrayList<>();
        for (ResourceSpans resource : request.getResourceSpansList()) {
            String service = service(resource.getResource());
            for (ScopeSpans scope : resource.getScopeSpansList()) {
                String name = scope.getScope().getName();
                scope.getSpansList().forEach(span -> spans.add(of(span, service, name)));
            }
        }
        return spans;
    }

    static TraceSpan of(Span span, String service, String scope) {
        return new TraceSpan(
                hex(span.getTraceId()),
                hex(span.getSpanId()),
                hex(span.getParentSpanId()),
                span.getName(),
                kind(span.getKind()),
                span.getStartTimeUnixNano(),
                span.getEndTimeUnixNano(),
                span.getStatus().getCode() == StatusCode.STATUS_CODE_ERROR,
                attributes(span.getAttributesList()),
                new SpanDetails(
                        service,
                        scope,
                        span.getStatus().getMessage(),
                        span.getEventsList().stream()
                                .map(event -> new SpanDetails.Event(
                                        event.getName(),
                                        event.getTimeUnixNano(),
                                        attributes(event.getAttributesList())))
                                .toList(),
                        span.getLinksList().stream()
                                .map(link -> new SpanDetails.Link(
                                        hex(link.getTraceId()),
                                        hex(link.getSpanId()),
                                        attributes(link.getAttributesList())))
                                .toList()));
    }

    static String service(Resource resource) {
        return resource.getAttributesList().stream()
                .filter(attribute -> attribute.getKey().equals("service.name"))
                .map(attribute -> String.valueOf(value(attribute.getValue())))
                .findFirst()
                .orElse("");
    }

    private static String kind(Span.SpanKind kind) {
        return kind.name().startsWith(KIND_PREFIX) ? kind.name().substring(KIND_PREFIX.length()) : kind.name();
    }

    static Map<String, Object> attributes(List<KeyValue> attributes) {
        Map<String, Object> values = new LinkedHashMap<>();
        attributes.forEach(attribute -> values.put(attribute.getKey(), value(attribute.getValue())));
        return Collections.unmodifiableMap(values);
    }

    private static Object value(AnyValue value) {
        return switch (value.getValueCase()) {
            case INT_VALUE -> value.getIntValue();
            case DOUBLE_VALUE -> value.getDoubleValue();
            case BOOL_VALUE -> value.getBoolValue();
            case ARRAY_VALUE ->
                value.getArrayValue().getValuesList().stream()
                        .map(OtlpSpans::value)
                        .toList();
            case KVLIST_VALUE -> attributes(value.getKvlistValue().getValuesList());
            case BYTES_VALUE -> hex(value.getBytesValue());
            default -> value.getStringValue();
        };
    }

    static String hex(ByteString bytes) {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }
}
