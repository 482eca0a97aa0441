package dev.llmpropagation.doctor.trace;

import dev.llmpropagation.testkit.trace.TraceSpan;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Reads the traces that are asked for out of files that may be larger than memory. Few spans are read once; of many the
 * slowest are found first, and read then. For one use.
 */
public final class TraceLoader {

    private final TraceSelection selection;
    private final int most;
    private final SpanIndex index;
    private final TextBudget budget = new TextBudget();
    private final List<String> notes = new ArrayList<>();
    private final List<TraceSpan> few = new ArrayList<>();
    private final FoundLogs logs;
    private boolean many;
    private long total;

    /** A file that can be read twice. */
    public interface Source {

        /** Stands for it in messages. */
        String name();

        InputStream open() throws IOException;
    }

    /**
     * What was read. Immutable.
     *
     * @param logs records of these traces, in the order of their times
     * @param total spans, asked for or not
     * @param notes on files that break off
     * @param choice what there is, for one who asked for what is not there
     */
    public record Loaded(
            List<TraceSpan> spans,
            List<TraceLog> logs,
            LeftOut leftOut,
            long total,
            List<String> notes,
            String choice) {

        public Loaded {
            spans = List.copyOf(spans);
            logs = List.copyOf(logs);
            notes = List.copyOf(notes);
        }
    }

    /** @param most spans that are shown */
    public TraceLoader(TraceSelection selection, int most) {
        this.selection = selection;
        this.most = most;
        this.index = new SpanIndex(selection);
        this.logs = new FoundLogs(budget);
    }

    /** @throws IOException with a message for the user */
    public Loaded load(List<? extends Source> sources) throws IOException {
        for (Source source : sources) {
            int cutOffAt = read(source, this::look, log -> {
                if (!many && selection.matches(log.traceId())) {
                    logs.add(log);
                }
            });
            if (cutOffAt > 0) {
                notes.add(source.name() + ", line " + cutOffAt
                        + ": the file breaks off here; what stands before is shown.");
            }
        }
        List<SpanIndex.Trace> traces = index.selected();
        if (!many) {
            Set<String> ids = new HashSet<>();
            traces.forEach(trace -> ids.add(trace.id));
            return loaded(
                    few.stream().filter(span -> ids.contains(span.traceId())).toList(),
                    logs.of(ids, notes),
                    LeftOut.NOTHING);
        }
        return again(sources, traces);
    }

    private void look(TraceSpan span) {
        total++;
        index.add(span);
        if (!many && selection.matches(span.traceId())) {
            few.add(budget.fit(span));
            if (few.size() > most) {
                many = true;
                few.clear();
            }
        }
    }

    /** Now that it is known which. */
    private Loaded again(List<? extends Source> sources, List<SpanIndex.Trace> traces) throws IOException {
        Set<String> whole = new HashSet<>();
        Set<Long> part = Set.of();
        String cut = "";
        long room = most;
        long leftTraces = 0;
        long slowest = 0;
        for (SpanIndex.Trace trace : traces) {
            if (trace.spans <= room) {
                whole.add(trace.id);
                room -= trace.spans;
                continue;
            }
            if (cut.isEmpty() && room > 0) {
                cut = trace.id;
                part = index.slowest(trace, (int) room);
            } else {
                leftTraces++;
                slowest = Math.max(slowest, trace.duration());
            }
            room = 0;
        }
        Map<String, TraceSpan> found = new LinkedHashMap<>();
        TextBudget fresh = new TextBudget();
        FoundLogs freshLogs = new FoundLogs(fresh);
        Set<Long> ofCut = part;
        String cutId = cut;
        Set<String> shown = new HashSet<>(whole);
        shown.add(cutId);
        for (Source source : sources) {
            read(
                    source,
                    span -> {
                        if (whole.contains(span.traceId())
                                || (span.traceId().equals(cutId) && ofCut.contains(SpanIndex.number(span.spanId())))) {
                            found.put(span.traceId() + span.spanId(), fresh.fit(span));
                        }
                    },
                    log -> {
                        if (shown.contains(log.traceId())) {
                            freshLogs.add(log);
                        }
                    });
        }
        List<TraceSpan> spans = List.copyOf(found.values());
        long all = traces.stream().mapToLong(trace -> trace.spans).sum();
        long errors = traces.stream().mapToLong(trace -> trace.errors).sum()
                - spans.stream().filter(TraceSpan::error).count();
        return loaded(
                spans,
                freshLogs.of(shown, notes),
                new LeftOut(
                        spans.size(),
                        all - spans.size(),
                        Math.max(0, errors),
                        leftTraces,
                        slowest,
                        cut,
                        index.unseen()));
    }

    private static int read(Source source, Consumer<TraceSpan> spans, Consumer<TraceLog> logs) throws IOException {
        try (InputStream in = source.open()) {
            return TraceFile.read(source.name(), in, spans, logs);
        }
    }

    private Loaded loaded(List<TraceSpan> spans, List<TraceLog> records, LeftOut leftOut) {
        return new Loaded(
                spans, records, leftOut, total, notes, TraceSelection.choice(index.traceIds(), index.sessions()));
    }
}
