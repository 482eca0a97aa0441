package dev.llmpropagation.doctor.trace;

import dev.llmpropagation.testkit.trace.TraceSpan;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Where the time of many spans went, in some fifty bytes for each of them. Not thread-safe. */
final class SpanIndex {

    private static final int MOST_SPANS = 5_000_000;
    private static final int MOST_TRACES = 1_000_000;
    private static final int MOST_SESSIONS = 1_000;

    private final TraceSelection selection;
    private final Map<String, Trace> traces = new LinkedHashMap<>();
    private final Set<String> sessions = new TreeSet<>();
    private int[] traceOf = new int[1024];
    private long[] ids = new long[1024];
    private long[] parents = new long[1024];
    private long[] nanos = new long[1024];
    private int size;
    private long unseen;

    /** What is known of a trace. Not thread-safe. */
    static final class Trace {

        final String id;
        final int number;
        long spans;
        long errors;
        long start = Long.MAX_VALUE;
        long end = Long.MIN_VALUE;
        boolean ofSession;

        Trace(String id, int number) {
            this.id = id;
            this.number = number;
        }

        long duration() {
            return Math.max(0, end - start);
        }
    }

    SpanIndex(TraceSelection selection) {
        this.selection = selection;
    }

    void add(TraceSpan span) {
        Trace trace = traces.get(span.traceId());
        if (size >= MOST_SPANS || (trace == null && traces.size() >= MOST_TRACES)) {
            unseen++;
            return;
        }
        if (trace == null) {
            trace = new Trace(span.traceId(), traces.size());
            traces.put(span.traceId(), trace);
        }
        trace.spans++;
        trace.errors += span.error() ? 1 : 0;
        if (span.startNanos() > 0) {
            trace.start = Math.min(trace.start, span.startNanos());
            trace.end = Math.max(trace.end, span.endNanos());
        }
        String session = TraceSelection.session(span);
        if (!session.isEmpty()) {
            trace.ofSession |= session.equals(selection.session());
            if (sessions.size() < MOST_SESSIONS) {
                sessions.add(session);
            }
        }
        place(trace.number, span);
    }

    private void place(int trace, TraceSpan span) {
        if (size == ids.length) {
            int more = size * 2;
            traceOf = Arrays.copyOf(traceOf, more);
            ids = Arrays.copyOf(ids, more);
            parents = Arrays.copyOf(parents, more);
            nanos = Arrays.copyOf(nanos, more);
        }
        traceOf[size] = trace;
        ids[size] = number(span.spanId());
        parents[size] = span.parentSpanId().isEmpty() ? 0 : number(span.parentSpanId());
        nanos[size] = Math.max(0, span.endNanos() - span.startNanos());
        size++;
    }

    static long number(String spanId) {
        return Long.parseUnsignedLong(spanId, 16);
    }

    /** Those that were not looked at, since there are too many. */
    long unseen() {
        return unseen;
    }

    /** In the order of the files. */
    Set<String> traceIds() {
        return traces.keySet();
    }

    /** The first of them, sorted. */
    Set<String> sessions() {
        return sessions;
    }

    /** Those that are asked for, the slowest first. */
    List<Trace> selected() {
        return traces.values().stream()
                .filter(trace -> selection.matches(trace.id))
                .filter(trace -> selection.session() == null || trace.ofSession)
                .sorted(Comparator.comparingLong(Trace::duration).reversed())
                .toList();
    }

    /** The slowest spans of the trace, with all that stands above them; no more than so many. */
    Set<Long> slowest(Trace trace, int most) {
        int[] places = IntStream.range(0, size)
                .filter(i -> traceOf[i] == trace.number)
                .boxed()
                .sorted(Comparator.comparingLong((Integer i) -> nanos[i]).reversed())
                .mapToInt(Integer::intValue)
                .toArray();
        Map<Long, Integer> byId = new HashMap<>();
        for (int place : places) {
            byId.put(ids[place], place);
        }
        Set<Long> chosen = new HashSet<>();
        for (int place : places) {
            Set<Long> way = new HashSet<>();
            for (Integer up = place; up != null && !chosen.contains(ids[up]) && way.add(ids[up]); ) {
                up = byId.get(parents[up]);
            }
            if (chosen.size() + way.size() <= most) {
                chosen.addAll(way);
            }
            if (chosen.size() >= most) {
                break;
            }
        }
        return chosen;
    }
}
