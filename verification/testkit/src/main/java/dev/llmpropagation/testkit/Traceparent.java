package dev.llmpropagation.testkit;

import io.opentelemetry.api.trace.SpanContext;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Trace id and span id of a W3C traceparent. Immutable. */
record Traceparent(String traceId, String spanId) {

    private static final Pattern FORMAT =
            Pattern.compile("00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}");

    /** Null if it is none. */
    static @Nullable Traceparent parse(String header) {
        Matcher matcher = FORMAT.matcher(header);
        return matcher.matches() ? new Traceparent(matcher.group(1), matcher.group(2)) : null;
    }

    static Traceparent of(SpanContext span) {
        return new Traceparent(span.getTraceId(), span.getSpanId());
    }

    String described() {
        return described(null);
    }

    /** @param name null to look it up among what was recorded */
    String described(@Nullable String name) {
        String known = name != null
                ? '"' + name + '"'
                : RecordedTelemetry.findAnywhere(traceId, spanId)
                        .map(RecordedSpans::describe)
                        .orElse("a span that was not recorded");
        return known + " [00-" + traceId + '-' + spanId + ']';
    }

    /** A query may hold a key. */
    static String withoutQuery(String url) {
        int query = url.indexOf('?');
        return query < 0 ? url : url.substring(0, query);
    }
}
