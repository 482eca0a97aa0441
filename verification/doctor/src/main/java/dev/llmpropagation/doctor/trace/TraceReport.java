package dev.llmpropagation.doctor.trace;

import dev.llmpropagation.testkit.trace.Plain;
import dev.llmpropagation.testkit.trace.TraceSpan;
import dev.llmpropagation.testkit.trace.TraceView;
import dev.llmpropagation.testkit.trace.Waterfall;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Traces as text: a heading, a waterfall and the log records of each. */
public final class TraceReport {

    /** Of one trace; the page shows the others. */
    private static final int MOST_LOGS = 100;

    private static final int LONGEST = 160;

    private TraceReport() {}

    /**
     * The lines. Empty if there are no spans.
     *
     * @param logs records of these traces, in the order of their times
     */
    public static List<String> lines(Collection<TraceSpan> spans, Collection<TraceLog> logs) {
        LogsOfSpans records = new LogsOfSpans(logs);
        List<String> lines = new ArrayList<>();
        for (TraceView trace : TraceView.of(spans)) {
            lines.add("trace " + trace.traceId());
            lines.add(facts(trace));
            lines.add("");
            Waterfall.drawWide(trace).forEach(line -> lines.add("  " + line));
            lines.add("");
            logs(trace, records.ofTrace(trace.traceId()), lines);
        }
        if (!lines.isEmpty()) {
            lines.add("  " + Waterfall.LEGEND);
        }
        return List.copyOf(lines);
    }

    private static void logs(TraceView trace, List<TraceLog> logs, List<String> lines) {
        if (logs.isEmpty()) {
            return;
        }
        Map<String, String> names = new HashMap<>();
        trace.rows().forEach(row -> names.put(row.span().spanId(), row.span().name()));
        lines.add("  log records");
        for (TraceLog log : logs.subList(0, Math.min(MOST_LOGS, logs.size()))) {
            String span = names.get(log.spanId());
            String where = span == null ? "in a span that is not here" : "in " + span + " " + log.spanId();
            lines.add("  %9.0f ms  %-5s  %s  %s"
                    .formatted(
                            log.nanos() == 0 ? 0.0 : (log.nanos() - trace.startNanos()) / 1e6,
                            Plain.text(log.severity()),
                            Plain.text(cut(log.name().isEmpty() ? log.body() : log.name())),
                            Plain.text(where)));
            String more = log.shownAttributes();
            if (!more.isEmpty()) {
                lines.add("                       " + Plain.text(cut(more)));
            }
        }
        if (logs.size() > MOST_LOGS) {
            lines.add("                and " + (logs.size() - MOST_LOGS) + " more, which --html shows");
        }
        lines.add("");
    }

    private static String cut(String text) {
        return text.length() > LONGEST ? text.substring(0, LONGEST) + '…' : text;
    }

    private static String facts(TraceView trace) {
        StringBuilder facts = new StringBuilder(Html.time(trace.startNanos()))
                .append("   ")
                .append(Html.duration(trace.durationNanos()))
                .append("   ")
                .append(count(trace.rows().size(), "span"));
        if (trace.attempts() > 0) {
            facts.append("   ").append(count(trace.attempts(), "attempt"));
        }
        if (trace.errors() > 0) {
            facts.append("   ").append(trace.errors()).append(" with an error");
        }
        if (!trace.sessions().isEmpty()) {
            facts.append("   ")
                    .append(trace.sessions().size() == 1 ? "session " : "sessions ")
                    .append(Plain.text(String.join(", ", trace.sessions())));
        }
        return facts.toString();
    }

    private static String count(long count, String noun) {
        return count + " " + noun + (count == 1 ? "" : "s");
    }
}
