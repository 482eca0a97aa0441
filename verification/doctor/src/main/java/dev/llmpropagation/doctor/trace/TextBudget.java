package dev.llmpropagation.doctor.trace;

import dev.llmpropagation.testkit.trace.SpanDetails;
import dev.llmpropagation.testkit.trace.TraceSpan;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Cuts texts of spans so that all that are shown have room. A text that is cut says so. Not thread-safe. */
final class TextBudget {

    private static final long ALL = 32L << 20;
    private static final int LONGEST = 32_768;

    /** Of a text when nothing is left for all. */
    private static final int SHORT = 100;

    private static final int NAME = 1_000;
    private static final int MOST = 1_000;

    private long left = ALL;

    TraceSpan fit(TraceSpan span) {
        SpanDetails details = span.details();
        return new TraceSpan(
                span.traceId(),
                span.spanId(),
                span.parentSpanId(),
                cut(span.name(), NAME),
                span.kind(),
                span.startNanos(),
                span.endNanos(),
                span.error(),
                attributes(span.attributes()),
                new SpanDetails(
                        cut(details.service(), NAME),
                        cut(details.scope(), NAME),
                        text(details.statusMessage()),
                        first(details.events()).stream()
                                .map(event -> new SpanDetails.Event(
                                        cut(event.name(), NAME), event.nanos(), attributes(event.attributes())))
                                .toList(),
                        first(details.links()).stream()
                                .map(link -> new SpanDetails.Link(
                                        link.traceId(), link.spanId(), attributes(link.attributes())))
                                .toList()));
    }

    TraceLog fit(TraceLog log) {
        return new TraceLog(
                log.nanos(),
                log.traceId(),
                log.spanId(),
                cut(log.name(), NAME),
                log.severity(),
                text(log.body()),
                cut(log.service(), NAME),
                attributes(log.attributes()));
    }

    private Map<String, Object> attributes(Map<String, Object> attributes) {
        Map<String, Object> fitting = new LinkedHashMap<>();
        for (Map.Entry<String, Object> attribute : attributes.entrySet()) {
            if (fitting.size() == MOST) {
                fitting.put("…", "and " + (attributes.size() - MOST) + " more attributes");
                break;
            }
            fitting.put(cut(attribute.getKey(), NAME), value(attribute.getValue()));
        }
        return Collections.unmodifiableMap(fitting);
    }

    private Object value(Object value) {
        if (value instanceof String text) {
            return text(text);
        }
        // Lists and maps are shown as text, and seldom long.
        return value instanceof Number
                        || value instanceof Boolean
                        || value.toString().length() <= SHORT
                ? value
                : fitting(value);
    }

    private Object fitting(Object value) {
        String text = value.toString();
        String cut = text(text);
        return cut.length() == text.length() ? value : cut;
    }

    private String text(String text) {
        String cut = cut(text, left > 0 ? LONGEST : SHORT);
        left -= cut.length();
        return cut;
    }

    private static String cut(String text, int longest) {
        if (text.length() <= longest) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(longest - 1)) ? longest - 1 : longest;
        return text.substring(0, end) + "… (" + (text.length() - end) + " characters more)";
    }

    private static <T> List<T> first(List<T> all) {
        return all.size() <= MOST ? all : all.subList(0, MOST);
    }
}
