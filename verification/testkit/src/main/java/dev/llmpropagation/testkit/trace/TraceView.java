package dev.llmpropagation.testkit.trace;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * One trace as it is shown: a row for each span, parents above their children, all on one time axis. Text and page are
 * drawn from it. Immutable.
 *
 * @param startNanos since the epoch
 * @param durationNanos until its last span ends; at least 1
 */
public record TraceView(String traceId, List<TraceRow> rows, long startNanos, long durationNanos) {

    public TraceView {
        rows = List.copyOf(rows);
    }

    /** The traces that these spans make, in the order of their starts. */
    public static List<TraceView> of(Collection<TraceSpan> spans) {
        Map<String, List<SpanTree>> roots = new LinkedHashMap<>();
        for (SpanTree root : SpanTree.of(spans)) {
            roots.computeIfAbsent(root.span().traceId(), id -> new ArrayList<>())
                    .add(root);
        }
        return roots.entrySet().stream()
                .map(trace -> of(trace.getKey(), trace.getValue()))
                .toList();
    }

    private static TraceView of(String traceId, List<SpanTree> roots) {
        List<Place> places = places(roots);
        long start = Long.MAX_VALUE;
        long end = Long.MIN_VALUE;
        for (Place place : places) {
            TraceSpan span = place.tree.span();
            if (TraceRow.hasTime(span)) {
                start = Math.min(start, span.startNanos());
                end = Math.max(end, span.startNanos() + TraceRow.duration(span));
            }
        }
        if (start > end) {
            start = 0;
            end = 0;
        }
        List<TraceRow> rows = new ArrayList<>();
        for (Place place : places) {
            TraceSpan span = place.tree.span();
            rows.add(new TraceRow(
                    span,
                    place.depth,
                    place.last,
                    place.tree.children().size(),
                    place.depth == 0 && !span.parentSpanId().isEmpty(),
                    TraceRow.hasTime(span) ? span.startNanos() - start : 0));
        }
        return new TraceView(traceId, rows, start, Math.max(1, end - start));
    }

    private static List<Place> places(List<SpanTree> roots) {
        List<Place> places = new ArrayList<>();
        Deque<Place> open = new ArrayDeque<>();
        push(roots, 0, open);
        while (!open.isEmpty()) {
            Place place = open.pop();
            places.add(place);
            push(place.tree.children(), place.depth + 1, open);
        }
        return places;
    }

    private static void push(List<SpanTree> trees, int depth, Deque<Place> open) {
        for (int i = trees.size() - 1; i >= 0; i--) {
            open.push(new Place(trees.get(i), depth, i == trees.size() - 1));
        }
    }

    /** Those that its spans name, sorted. */
    public Set<String> sessions() {
        Set<String> sessions = new TreeSet<>();
        rows.forEach(row -> row.session().ifPresent(sessions::add));
        return sessions;
    }

    /** The programs that its spans come from, sorted. */
    public Set<String> services() {
        Set<String> services = new TreeSet<>();
        rows.forEach(row -> services.add(row.span().details().service()));
        return services;
    }

    public long attempts() {
        return rows.stream().filter(TraceRow::isAttempt).count();
    }

    public long errors() {
        return rows.stream().filter(row -> row.span().error()).count();
    }

    private record Place(SpanTree tree, int depth, boolean last) {}
}
