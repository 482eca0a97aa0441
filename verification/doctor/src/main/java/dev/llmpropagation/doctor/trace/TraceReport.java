package dev.llmpropagation.doctor.trace;

import dev.llmpropagation.testkit.trace.Plain;
import dev.llmpropagation.testkit.trace.TraceSpan;
import dev.llmpropagation.testkit.trace.TraceView;
import dev.llmpropagation.testkit.trace.Waterfall;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Traces as text: a heading and a waterfall for each. */
public final class TraceReport {

    private TraceReport() {}

    /** The lines. Empty if there are no spans. */
    public static List<String> lines(Collection<TraceSpan> spans) {
        List<String> lines = new ArrayList<>();
        for (TraceView trace : TraceView.of(spans)) {
            lines.add("trace " + trace.traceId());
            lines.add(facts(trace));
            lines.add("");
            Waterfall.drawWide(trace).forEach(line -> lines.add("  " + line));
            lines.add("");
        }
        if (!lines.isEmpty()) {
            lines.add("  " + Waterfall.LEGEND);
        }
        return List.copyOf(lines);
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
