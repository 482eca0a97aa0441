package dev.llmpropagation.doctor.listen;

import dev.llmpropagation.doctor.show.Paint;
import dev.llmpropagation.doctor.show.Secrets;
import dev.llmpropagation.testkit.trace.TraceSpan;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Tells of requests and spans as they come, and which belong together. Thread-safe. */
final class Journal {

    private final PrintWriter out;
    private final Paint paint;
    private final String sessionHeader;
    private final List<Arrival> arrivals = new ArrayList<>();
    private final Map<String, TraceSpan> spans = new HashMap<>();

    Journal(PrintWriter out, Paint paint, String sessionHeader) {
        this.out = out;
        this.paint = paint;
        this.sessionHeader = sessionHeader;
    }

    synchronized void request(String method, String path, String api, Map<String, String> headers) {
        Arrival arrival = new Arrival(
                arrivals.size() + 1,
                method,
                Secrets.printable(path),
                api.isEmpty() ? "no path of a model service" : api,
                headers);
        arrivals.add(arrival);
        out.println();
        out.println(paint.title("#%d  %s %s".formatted(arrival.number(), method, arrival.path())) + "  ("
                + arrival.api() + ")");
        arrival.lines(sessionHeader).forEach(line -> out.println("    " + line));
        arrival.missing(sessionHeader).forEach(this::warn);
        Arrival.Parent parent = arrival.parent();
        if (parent != null) {
            TraceSpan span = spans.get(key(parent.traceId(), parent.spanId()));
            if (span == null) {
                out.println("    parent span              " + parent.spanId() + ", not here yet"
                        + (parent.sampled() ? "" : ": it is not sampled, so it never will be"));
            } else {
                parent(arrival, span);
            }
        }
        out.flush();
    }

    synchronized void spans(List<TraceSpan> received) {
        received.forEach(span -> spans.put(key(span.traceId(), span.spanId()), span));
        Set<String> fresh = received.stream()
                .map(span -> key(span.traceId(), span.spanId()))
                .collect(Collectors.toSet());
        for (Arrival arrival : arrivals) {
            Arrival.Parent parent = arrival.parent();
            if (parent != null && fresh.contains(key(parent.traceId(), parent.spanId()))) {
                out.println();
                out.println(paint.title("#" + arrival.number()) + "  its parent span has arrived");
                parent(arrival, spans.get(key(parent.traceId(), parent.spanId())));
            }
        }
        out.flush();
    }

    private void parent(Arrival arrival, @Nullable TraceSpan span) {
        if (span == null) {
            return;
        }
        out.println("    parent span              " + named(span)
                + String.format(Locale.ROOT, ", %.0f ms", (span.endNanos() - span.startNanos()) / 1e6));
        TraceSpan above = spans.get(key(span.traceId(), span.parentSpanId()));
        if (above != null) {
            out.println("    under                    " + named(above));
        }
        if (!span.isClient()) {
            warn("the parent is a span of kind " + span.kind() + ": the request itself has no CLIENT span");
        }
        String session = span.text("session.id").orElse("");
        String sent = arrival.header(sessionHeader);
        if (!session.isEmpty() && !sent.isEmpty() && !session.equals(sent)) {
            warn("the span's session.id is another: " + Secrets.printable(session));
        }
    }

    private static String named(TraceSpan span) {
        return Secrets.printable(span.name()) + " (" + span.kind() + ", " + span.spanId() + ")";
    }

    private void warn(String text) {
        out.println("    " + paint.warning("⚠ " + text));
    }

    synchronized void problem(String text) {
        out.println();
        out.println(paint.warning("⚠ " + Secrets.printable(text)));
        out.flush();
    }

    synchronized void summary() {
        Set<String> sessions = new HashSet<>();
        List<Integer> bare = new ArrayList<>();
        List<Integer> sessionless = new ArrayList<>();
        List<Integer> orphans = new ArrayList<>();
        for (Arrival arrival : arrivals) {
            Arrival.Parent parent = arrival.parent();
            String session = arrival.header(sessionHeader);
            if (parent == null) {
                bare.add(arrival.number());
            } else if (!spans.containsKey(key(parent.traceId(), parent.spanId()))) {
                orphans.add(arrival.number());
            }
            if (session.isEmpty()) {
                sessionless.add(arrival.number());
            } else {
                sessions.add(session);
            }
        }
        long traces = spans.values().stream().map(TraceSpan::traceId).distinct().count();
        out.println();
        out.println(paint.title("%d %s with %d %s; %d %s in %d %s"
                .formatted(
                        arrivals.size(),
                        plural(arrivals.size(), "request"),
                        sessions.size(),
                        plural(sessions.size(), "session"),
                        spans.size(),
                        plural(spans.size(), "span"),
                        traces,
                        plural(traces, "trace"))));
        summary("no valid traceparent", bare);
        summary("no " + sessionHeader, sessionless);
        summary("parent span not exported to here", orphans);
        if (!arrivals.isEmpty() && bare.isEmpty() && sessionless.isEmpty() && orphans.isEmpty()) {
            out.println(paint.verdict(true, "✓ every request carried both headers, and its parent span arrived"));
        }
        out.flush();
    }

    private void summary(String what, List<Integer> numbers) {
        if (!numbers.isEmpty()) {
            out.println(paint.warning("⚠ " + what + ": "
                    + numbers.stream().map(number -> "#" + number).collect(Collectors.joining(", "))));
        }
    }

    private static String plural(long count, String noun) {
        return count == 1 ? noun : noun + 's';
    }

    private static String key(String traceId, String spanId) {
        return traceId + '-' + spanId;
    }
}
