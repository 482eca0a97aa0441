package dev.llmpropagation.doctor.listen;

import dev.llmpropagation.carrier.TraceContext;
import dev.llmpropagation.doctor.show.Secrets;
import io.opentelemetry.api.trace.SpanContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A model request as it arrived. Immutable.
 *
 * @param api what was asked, in words
 * @param headers names in lower case
 */
record Arrival(long number, String method, String path, String api, Map<String, String> headers) {

    static final String REQUEST_ID = "x-qwen-code-request-id";

    private static final int LONGEST = 120;

    /** Without its path, whose query can hold a key, and with the names of its headers alone. */
    @Override
    public String toString() {
        return "Arrival{" + number + ", " + method + ", " + api + ", headers=" + headers.keySet() + '}';
    }

    /** Whom the traceparent names: the span that the caller says has made the request. */
    record Parent(String traceId, String spanId, boolean sampled) {}

    /** Null if there is no valid traceparent. */
    @Nullable
    Parent parent() {
        SpanContext parent = TraceContext.parse(header("traceparent"), null);
        return parent.isValid() ? new Parent(parent.getTraceId(), parent.getSpanId(), parent.isSampled()) : null;
    }

    /** Empty if it is not there. */
    String header(String name) {
        return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
    }

    /** What arrived, one header a line; values only of headers that carry no secret. */
    List<String> lines(String sessionHeader) {
        List<String> lines = new ArrayList<>();
        for (String name : List.of("traceparent", "tracestate", "baggage", sessionHeader, REQUEST_ID)) {
            String value = header(name);
            if (!value.isEmpty()) {
                lines.add(row(name, shown(name, value)));
            }
        }
        headers.forEach((name, value) -> {
            if (Secrets.isCredential(name)) {
                lines.add(row(name, Secrets.masked(value)));
            }
        });
        return lines;
    }

    /** What should be there and is not. */
    List<String> missing(String sessionHeader) {
        Stream<String> trace = header("traceparent").isEmpty()
                ? Stream.of("no traceparent")
                : parent() == null ? Stream.of("traceparent is malformed") : Stream.empty();
        return Stream.concat(trace, header(sessionHeader).isEmpty() ? Stream.of("no " + sessionHeader) : Stream.empty())
                .toList();
    }

    private static String row(String name, String value) {
        return String.format(Locale.ROOT, "%-24s %s", name, value);
    }

    private static String shown(String name, String value) {
        // Baggage is the program's own, and can hold anything.
        String text = name.equals("baggage")
                ? Stream.of(value.split(","))
                        .map(member -> member.split("=", 2)[0].strip() + "=***")
                        .collect(Collectors.joining(", "))
                : value;
        return Secrets.printable(text.length() > LONGEST ? text.substring(0, LONGEST) + '…' : text);
    }
}
