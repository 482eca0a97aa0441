package dev.llmpropagation.doctor.trace;

import dev.llmpropagation.testkit.trace.Plain;
import dev.llmpropagation.testkit.trace.TraceSpan;
import dev.llmpropagation.testkit.trace.TraceView;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Some traces out of many. A trace is taken as a whole or not at all, so that no parent is missing. Immutable.
 *
 * @param traceId how the id of a trace begins, in upper or lower case, or null for all
 * @param session of at least one of a trace's spans, or null for all
 */
public record TraceSelection(
        @Nullable String traceId, @Nullable String session) {

    private static final int SHOWN = 10;

    /** Spans of these traces, in the same order. */
    public List<TraceSpan> of(Collection<TraceSpan> spans) {
        Set<String> traces = TraceView.of(spans).stream()
                .filter(trace -> traceId == null || trace.traceId().startsWith(traceId.toLowerCase(Locale.ROOT)))
                .filter(trace -> session == null || trace.sessions().contains(session))
                .map(TraceView::traceId)
                .collect(Collectors.toSet());
        return spans.stream().filter(span -> traces.contains(span.traceId())).toList();
    }

    /** What one may select from these, for a message. */
    public static String choice(Collection<TraceSpan> spans) {
        List<TraceView> traces = TraceView.of(spans);
        Set<String> sessions = new TreeSet<>();
        traces.forEach(trace -> sessions.addAll(trace.sessions()));
        return "traces " + some(traces.stream().map(TraceView::traceId).toList()) + "; sessions "
                + (sessions.isEmpty() ? "none" : some(sessions)) + '.';
    }

    private static String some(Collection<String> names) {
        String first = names.stream().limit(SHOWN).map(Plain::text).collect(Collectors.joining(", "));
        return names.size() > SHOWN ? first + " and " + (names.size() - SHOWN) + " more" : first;
    }

    @Override
    public String toString() {
        String ofTrace = traceId == null ? "" : "trace " + Plain.text(traceId);
        String ofSession = session == null ? "" : "session " + Plain.text(session);
        return ofTrace + (ofTrace.isEmpty() || ofSession.isEmpty() ? "" : " and ") + ofSession;
    }
}
