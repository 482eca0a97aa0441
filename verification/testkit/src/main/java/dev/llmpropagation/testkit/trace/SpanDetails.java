package dev.llmpropagation.testkit.trace;

import java.util.List;
import java.util.Map;

/**
 * What a reader asks for after a first look at a span. Immutable.
 *
 * @param service as the resource names it, or empty
 * @param scope the instrumentation that made the span, or empty
 * @param statusMessage empty if there is none
 */
public record SpanDetails(String service, String scope, String statusMessage, List<Event> events, List<Link> links) {

    /** Nothing but the span itself. */
    public static final SpanDetails NONE = new SpanDetails("", "", "", List.of(), List.of());

    public SpanDetails {
        events = List.copyOf(events);
        links = List.copyOf(links);
    }

    /** @param nanos since the epoch */
    public record Event(String name, long nanos, Map<String, Object> attributes) {}

    /** To a span that is not the parent. */
    public record Link(String traceId, String spanId, Map<String, Object> attributes) {}
}
