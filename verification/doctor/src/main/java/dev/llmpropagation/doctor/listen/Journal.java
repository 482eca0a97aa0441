package dev.llmpropagation.doctor.listen;

import dev.llmpropagation.doctor.show.Paint;
import dev.llmpropagation.doctor.show.Secrets;
import dev.llmpropagation.doctor.trace.MetricPoint;
import dev.llmpropagation.doctor.trace.TraceLog;
import dev.llmpropagation.testkit.trace.TraceSpan;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells of requests and spans as they come, and which belong together. It may run for weeks: of old ones it keeps the
 * count. Thread-safe.
 */
final class Journal {

    /** As many requests wait for their span, and as many spans for their request. */
    private static final int KEPT = 20_000;

    private static final int LONGEST = 200;

    /** Of one request, on the terminal. */
    private static final int MOST_VALUES = 50;

    private final PrintWriter out;
    private final Paint paint;
    private final String sessionHeader;
    private final Map<String, List<Waiting>> waiting = new LinkedHashMap<>();
    private final Map<String, SeenSpan> spans = new LinkedHashMap<>();
    private final Distinct sessions = new Distinct();
    private final Distinct traces = new Distinct();
    private final Numbers bare = new Numbers();
    private final Numbers sessionless = new Numbers();
    private final Numbers forgotten = new Numbers();
    private long requests;
    private int waitingRequests;
    private long spanCount;
    private boolean toldOfForgetting;
    private final LastValues values = new LastValues();
    private long logCount;

    /** @param session that it sent; empty for none */
    private record Waiting(long number, String session) {}

    Journal(PrintWriter out, Paint paint, String sessionHeader) {
        this.out = out;
        this.paint = paint;
        this.sessionHeader = sessionHeader;
    }

    synchronized void request(String method, String path, String api, Map<String, String> headers) {
        Arrival arrival = new Arrival(
                ++requests, shown(method), shown(path), api.isEmpty() ? "no path of a model service" : api, headers);
        out.println();
        out.println(paint.title("#%d  %s %s".formatted(arrival.number(), arrival.method(), arrival.path())) + "  ("
                + arrival.api() + ")");
        arrival.lines(sessionHeader).forEach(line -> out.println("    " + line));
        arrival.missing(sessionHeader).forEach(this::warn);
        String session = arrival.header(sessionHeader);
        if (session.isEmpty()) {
            sessionless.add(arrival.number());
        } else {
            sessions.add(session);
        }
        Arrival.Parent parent = arrival.parent();
        if (parent == null) {
            bare.add(arrival.number());
        } else {
            request(new Waiting(arrival.number(), SeenSpan.cut(session)), parent);
        }
        out.flush();
    }

    private void request(Waiting request, Arrival.Parent parent) {
        String key = SeenSpan.key(parent.traceId(), parent.spanId());
        SeenSpan span = spans.get(key);
        if (span != null) {
            parent(request, span);
            return;
        }
        out.println("    parent span              " + parent.spanId() + ", not here yet"
                + (parent.sampled() ? "" : ": it is not sampled, so it never will be"));
        waiting.computeIfAbsent(key, id -> new ArrayList<>(1)).add(request);
        if (++waitingRequests > KEPT) {
            take(waiting.keySet().iterator().next()).forEach(gone -> forgotten.add(gone.number()));
        }
    }

    private List<Waiting> take(String key) {
        List<Waiting> found = waiting.remove(key);
        waitingRequests -= found == null ? 0 : found.size();
        return found == null ? List.of() : found;
    }

    synchronized void spans(List<TraceSpan> received) {
        for (TraceSpan span : received) {
            SeenSpan seen = SeenSpan.of(span);
            spanCount += spans.put(seen.key(), seen) == null ? 1 : 0;
            traces.add(span.traceId());
            if (spans.size() > KEPT) {
                spans.remove(spans.keySet().iterator().next());
                forgetting();
            }
        }
        for (TraceSpan span : received) {
            String key = SeenSpan.key(span.traceId(), span.spanId());
            SeenSpan seen = spans.get(key);
            if (seen == null) {
                continue;
            }
            for (Waiting request : take(key)) {
                out.println();
                out.println(paint.title("#" + request.number()) + "  its parent span has arrived");
                parent(request, seen);
            }
        }
        out.flush();
    }

    synchronized void logs(List<TraceLog> received) {
        for (TraceLog log : received) {
            logCount++;
            String name = log.name().isEmpty() ? log.body() : log.name();
            String service = log.service().isEmpty() ? "" : "  (" + log.service() + ")";
            out.println();
            out.println(paint.title(shown("log " + log.severity() + "  " + name)) + shown(service));
            out.println("    span                     " + span(log));
            if (!log.name().isEmpty() && !log.body().isEmpty()) {
                out.println("    " + shown(log.body()));
            }
            if (!log.attributes().isEmpty()) {
                out.println("    " + shown(log.shownAttributes()));
            }
        }
        out.flush();
    }

    private String span(TraceLog log) {
        if (log.traceId().isEmpty()) {
            return "none: it stands in no trace";
        }
        SeenSpan span = spans.get(SeenSpan.key(log.traceId(), log.spanId()));
        return (span == null ? log.spanId() + ", not here yet" : span.named()) + ", of trace " + log.traceId();
    }

    synchronized void metrics(List<MetricPoint> received) {
        List<String> changed = values.changed(received);
        if (!changed.isEmpty()) {
            out.println();
            out.println(paint.title("metrics: %d of %d series changed".formatted(changed.size(), received.size())));
            lines(changed, MOST_VALUES);
        }
        out.flush();
    }

    private void lines(List<String> lines, int most) {
        lines.stream().limit(most).forEach(line -> out.println("    " + shown(line)));
        if (lines.size() > most) {
            out.println("    and " + (lines.size() - most) + " more");
        }
    }

    private void forgetting() {
        if (!toldOfForgetting) {
            toldOfForgetting = true;
            problem("more than " + KEPT
                    + " spans: from now on the oldest are forgotten, and a request whose parent is one"
                    + " of them counts as without it");
        }
    }

    private void parent(Waiting request, SeenSpan span) {
        out.println("    parent span              " + span.named()
                + String.format(Locale.ROOT, ", %.0f ms", span.nanos() / 1e6));
        SeenSpan above = spans.get(span.parentKey());
        if (above != null) {
            out.println("    under                    " + above.named());
        }
        if (!span.kind().equals("CLIENT")) {
            warn("the parent is a span of kind " + span.kind() + ": the request itself has no CLIENT span");
        }
        if (!span.session().isEmpty()
                && !request.session().isEmpty()
                && !span.session().equals(request.session())) {
            warn("the span's session.id is another: " + Secrets.printable(span.session()));
        }
    }

    private void warn(String text) {
        out.println("    " + paint.warning("⚠ " + text));
    }

    synchronized void problem(@Nullable String text) {
        out.println();
        out.println(paint.warning("⚠ " + shown(String.valueOf(text))));
        out.flush();
    }

    synchronized void summary() {
        Numbers orphans = forgotten;
        waiting.values().forEach(requests -> requests.forEach(request -> orphans.add(request.number())));
        out.println();
        out.println(paint.title("%d %s with %s %s; %d %s in %s %s"
                .formatted(
                        requests,
                        plural(requests, "request"),
                        sessions,
                        plural(sessions.count(), "session"),
                        spanCount,
                        plural(spanCount, "span"),
                        traces,
                        plural(traces.count(), "trace"))));
        List<String> last = values.all();
        if (logCount > 0 || !last.isEmpty()) {
            out.println("%d %s; %d series of metrics%s"
                    .formatted(
                            logCount,
                            plural(logCount, "log record"),
                            last.size(),
                            last.isEmpty() ? "" : ", last with these values:"));
            lines(last, LastValues.MOST);
        }
        summary("no valid traceparent", bare);
        summary("no " + sessionHeader, sessionless);
        summary("parent span not exported to here", orphans);
        if (requests > 0 && bare.count() == 0 && sessionless.count() == 0 && orphans.count() == 0) {
            out.println(paint.verdict(true, "✓ every request carried both headers, and its parent span arrived"));
        }
        out.flush();
    }

    private void summary(String what, Numbers numbers) {
        if (numbers.count() > 0) {
            out.println(paint.warning("⚠ " + what + ": " + numbers));
        }
    }

    private static String shown(String text) {
        return Secrets.printable(text.length() > LONGEST ? text.substring(0, LONGEST) + '…' : text);
    }

    private static String plural(long count, String noun) {
        return count == 1 ? noun : noun + 's';
    }
}
