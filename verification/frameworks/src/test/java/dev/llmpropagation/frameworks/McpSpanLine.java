package dev.llmpropagation.frameworks;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A span as one line of text, for what another process tells. */
record McpSpanLine(
        String name,
        String kind,
        String trace,
        String id,
        String parent,
        String status,
        String links,
        Map<String, String> attributes) {

    private static final String FIELD = "\t";
    private static final String ATTRIBUTE = "\u0001";

    static McpSpanLine of(SpanData span) {
        return new McpSpanLine(
                span.getName(),
                span.getKind().name(),
                span.getTraceId(),
                span.getSpanId(),
                span.getParentSpanId(),
                (span.getStatus().getStatusCode() + " " + span.getStatus().getDescription()).strip(),
                span.getLinks().stream()
                        .map(LinkData::getSpanContext)
                        .map(context -> context.getSpanId())
                        .collect(Collectors.joining(",")),
                map(span.getAttributes()));
    }

    static Map<String, String> map(Attributes attributes) {
        Map<String, String> map = new TreeMap<>();
        attributes.forEach((key, value) -> map.put(key.getKey(), value.toString()));
        return map;
    }

    String line() {
        return String.join(
                FIELD,
                name,
                kind,
                trace,
                id,
                parent,
                status,
                links,
                attributes.entrySet().stream()
                        .map(entry -> entry.getKey() + '=' + entry.getValue())
                        .collect(Collectors.joining(ATTRIBUTE)));
    }

    static McpSpanLine parse(String line) {
        String[] fields = line.split(FIELD, -1);
        Map<String, String> attributes = new TreeMap<>();
        for (String pair : fields[7].split(ATTRIBUTE)) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                attributes.put(pair.substring(0, equals), pair.substring(equals + 1));
            }
        }
        return new McpSpanLine(fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], fields[6], attributes);
    }
}
