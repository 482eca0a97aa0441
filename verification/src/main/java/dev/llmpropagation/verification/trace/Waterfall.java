package dev.llmpropagation.verification.trace;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * Draws spans as text: the tree, what came of each attempt, when it began and how long it took. Each root has a time axis
 * of its own. Lines are 94 characters wide.
 */
public final class Waterfall {

    /** What the signs of a bar mean. */
    public static final String LEGEND = "─ the program's span   ░ waiting   ┃ first byte   █ body";

    private static final int LABEL = 45;
    private static final int BAR = 28;

    private final List<String> lines = new ArrayList<>();
    private long axisStart;
    private double nanosPerCell;

    private Waterfall() {}

    /** The lines, without indentation. Empty if there are no spans. */
    public static List<String> draw(Collection<TraceSpan> spans) {
        Waterfall waterfall = new Waterfall();
        for (SpanTree root : SpanTree.of(spans)) {
            waterfall.axis(root);
            waterfall.add(root, "", "");
        }
        return List.copyOf(waterfall.lines);
    }

    private void axis(SpanTree root) {
        axisStart = root.span().startNanos();
        nanosPerCell = Math.max(1.0, (double) (end(root) - axisStart) / BAR);
    }

    private static long end(SpanTree tree) {
        long end = tree.span().endNanos();
        for (SpanTree child : tree.children()) {
            end = Math.max(end, end(child));
        }
        return end;
    }

    private void add(SpanTree tree, String branch, String below) {
        TraceSpan span = tree.span();
        lines.add(String.format(
                Locale.ROOT,
                "%-" + LABEL + "s│%s│%6.0f ms%7.0f ms",
                fit(branch + label(span, branch.isEmpty())),
                bar(span),
                (span.startNanos() - axisStart) / 1e6,
                (span.endNanos() - span.startNanos()) / 1e6));
        List<SpanTree> children = tree.children();
        for (int i = 0; i < children.size(); i++) {
            boolean last = i == children.size() - 1;
            add(children.get(i), below + (last ? "└─ " : "├─ "), below + (last ? "   " : "│  "));
        }
    }

    private static String label(TraceSpan span, boolean root) {
        StringBuilder label = new StringBuilder(span.name());
        if (span.isClient()) {
            long attempt = span.number("http.request.resend_count")
                            .map(Number::longValue)
                            .orElse(0L)
                    + 1;
            label.append(" #").append(attempt);
            span.text("server.address").ifPresent(host -> label.append(' ').append(host));
            label.append(' ')
                    .append(span.text("http.response.status_code")
                            .or(() -> span.text("error.type").map(Waterfall::simpleName))
                            .orElse("-"));
            span.text("llm_propagation.outcome")
                    .ifPresent(outcome -> label.append(' ').append(outcome));
        } else if (span.error()) {
            label.append(" ERROR");
        }
        if (root && !span.parentSpanId().isEmpty()) {
            label.append(" (unknown parent)");
        }
        return label.toString();
    }

    private static String simpleName(String className) {
        return className.substring(className.lastIndexOf('.') + 1);
    }

    private static String fit(String label) {
        return label.length() < LABEL ? label : label.substring(0, LABEL - 2) + "… ";
    }

    private String bar(TraceSpan span) {
        int from = cell(span.startNanos());
        int to = cell(span.endNanos());
        int firstByte = span.number("llm_propagation.time_to_first_byte")
                .map(seconds -> cell(span.startNanos() + (long) (seconds.doubleValue() * 1e9)))
                .orElse(-1);
        StringBuilder bar = new StringBuilder(BAR);
        for (int cell = 0; cell < BAR; cell++) {
            bar.append(cell < from || cell > to ? ' ' : sign(span, cell, firstByte));
        }
        return bar.toString();
    }

    private static char sign(TraceSpan span, int cell, int firstByte) {
        if (!span.isClient()) {
            return '─';
        }
        if (cell == firstByte) {
            return '┃';
        }
        return firstByte >= 0 && cell > firstByte ? '█' : '░';
    }

    private int cell(long nanos) {
        return (int) Math.max(0, Math.min(BAR - 1, (nanos - axisStart) / nanosPerCell));
    }
}
