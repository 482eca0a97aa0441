package dev.llmpropagation.testkit.trace;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Spans as trees, in the order of their starts. A span whose parent is not among them is a root; so is the first of spans
 * that name each other as parents. Of a span that was exported twice the last counts. Immutable.
 */
public record SpanTree(TraceSpan span, List<SpanTree> children) {

    private static final Comparator<TraceSpan> BY_START = Comparator.comparingLong(TraceSpan::startNanos)
            .thenComparing(TraceSpan::name)
            .thenComparing(TraceSpan::spanId);

    public SpanTree {
        children = List.copyOf(children);
    }

    /** The trees that these spans make, whatever traces they belong to. */
    public static List<SpanTree> of(Collection<TraceSpan> spans) {
        Map<Id, TraceSpan> byId = new LinkedHashMap<>();
        spans.forEach(span -> byId.put(Id.of(span), span));
        List<TraceSpan> byStart = byId.values().stream().sorted(BY_START).toList();
        Map<Id, List<TraceSpan>> children = new HashMap<>();
        List<TraceSpan> roots = new ArrayList<>();
        for (TraceSpan span : byStart) {
            if (byId.containsKey(Id.ofParent(span))) {
                children.computeIfAbsent(Id.ofParent(span), id -> new ArrayList<>())
                        .add(span);
            } else {
                roots.add(span);
            }
        }
        Set<Id> placed = new HashSet<>();
        List<SpanTree> trees = new ArrayList<>();
        for (TraceSpan root : roots) {
            trees.add(tree(root, children, placed));
        }
        for (TraceSpan span : byStart) {
            if (!placed.contains(Id.of(span))) {
                trees.add(tree(span, children, placed));
            }
        }
        trees.sort(Comparator.comparing(SpanTree::span, BY_START));
        return List.copyOf(trees);
    }

    /** Without recursion: traces may be deeper than a stack. */
    private static SpanTree tree(TraceSpan root, Map<Id, List<TraceSpan>> children, Set<Id> placed) {
        List<TraceSpan> parentsFirst = new ArrayList<>();
        Deque<TraceSpan> open = new ArrayDeque<>(List.of(root));
        placed.add(Id.of(root));
        while (!open.isEmpty()) {
            TraceSpan span = open.pop();
            parentsFirst.add(span);
            for (TraceSpan child : children.getOrDefault(Id.of(span), List.of())) {
                if (placed.add(Id.of(child))) {
                    open.push(child);
                }
            }
        }
        Map<Id, SpanTree> done = new HashMap<>();
        for (int i = parentsFirst.size() - 1; i >= 0; i--) {
            TraceSpan span = parentsFirst.get(i);
            List<SpanTree> below = new ArrayList<>();
            for (TraceSpan child : children.getOrDefault(Id.of(span), List.of())) {
                SpanTree tree = done.remove(Id.of(child));
                if (tree != null) {
                    below.add(tree);
                }
            }
            done.put(Id.of(span), new SpanTree(span, below));
        }
        return done.values().iterator().next();
    }

    private record Id(String traceId, String spanId) {
        static Id of(TraceSpan span) {
            return new Id(span.traceId(), span.spanId());
        }

        static Id ofParent(TraceSpan span) {
            return new Id(span.traceId(), span.parentSpanId());
        }
    }
}
