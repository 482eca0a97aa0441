package dev.llmpropagation.doctor.listen;

import dev.llmpropagation.doctor.show.Secrets;
import dev.llmpropagation.testkit.trace.TraceSpan;

/**
 * What is kept of a span. Immutable.
 *
 * @param parentKey of a span that may never come
 * @param session empty if it has none
 */
record SeenSpan(String key, String parentKey, String name, String kind, String id, long nanos, String session) {

    private static final int LONGEST = 128;

    static SeenSpan of(TraceSpan span) {
        return new SeenSpan(
                key(span.traceId(), span.spanId()),
                key(span.traceId(), span.parentSpanId()),
                cut(span.name()),
                span.kind(),
                span.spanId(),
                span.endNanos() - span.startNanos(),
                cut(span.text("session.id").orElse("")));
    }

    static String key(String traceId, String spanId) {
        return traceId + '-' + spanId;
    }

    static String cut(String text) {
        return text.length() > LONGEST ? text.substring(0, LONGEST) : text;
    }

    String named() {
        return Secrets.printable(name) + " (" + kind + ", " + id + ")";
    }
}
