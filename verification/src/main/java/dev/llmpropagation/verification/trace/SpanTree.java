package dev.llmpropagation.verification.trace;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Spans as trees, in the order of their starts. A span whose parent is not among them is a root. Immutable. */
public record SpanTree(TraceSpan span, List<SpanTree> children) {

    private static final Comparator<TraceSpan> BY_START = Comparator.comparingLong(TraceSpan::startNanos)
            .thenComparing(TraceSpan::name)
            .thenComparing(TraceSpan::spanId);

    public SpanTree {
        children = List.copyOf(children);
    }

    /** The trees that these spans make, whatever traces they belong to. */
    public static List<SpanTree> of(Collection<TraceSpan> spans) {
        Map<String, TraceSpan> byId = new TreeMap<>();
        spans.forEach(span -> byId.put(span.spanId(), span));
        Map<String, List<TraceSpan>> children = new HashMap<>();
        List<TraceSpan> roots = new ArrayList<>();
        for (TraceSpan span : byId.values()) {
            if (isChild(span, byId)) {
                children.computeIfAbsent(span.parentSpanId(), id -> new ArrayList<>())
                        .add(span);
            } else {
                roots.add(span);
            }
        }
        return trees(roots, children);
    }

    private static boolean isChild(TraceSpan span, Map<String, TraceSpan> byId) {
        TraceSpan parent = byId.get(span.parentSpanId());
        return parent != null && parent.traceId().equals(span.traceId());
    }

    private static List<SpanTree> trees(List<TraceSpan> spans, Map<String, List<TraceSpan>> children) {
        return spans.stream()
                .sorted(BY_START)
                .map(span -> new SpanTree(span, trees(children.getOrDefault(span.spanId(), List.of()), children)))
                .toList();
    }
}
