package dev.llmpropagation.verification.trace;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * Draws spans as text: the tree, what came of each attempt, when it began and how long it took. Each trace has a time axis
 * of its own. Lines are 94 characters wide.
 */
public final class Waterfall {

    /** What the signs of a bar mean. */
    public static final String LEGEND = "─ the program's span   ░ waiting   ┃ first byte   █ body   ╂ first chunk";

    private static final int LABEL = 45;
    private static final int BAR = 28;
    private static final int DEEPEST = 9;
    private static final String ORPHAN = " (unknown parent)";

    private final double nanosPerCell;
    private final List<Boolean> lasts = new ArrayList<>();

    private Waterfall(TraceView trace) {
        nanosPerCell = Math.max(1.0, (double) trace.durationNanos() / BAR);
    }

    /** The lines, without indentation. Empty if there are no spans. */
    public static List<String> draw(Collection<TraceSpan> spans) {
        return TraceView.of(spans).stream()
                .flatMap(trace -> draw(trace).stream())
                .toList();
    }

    static List<String> draw(TraceView trace) {
        Waterfall waterfall = new Waterfall(trace);
        return trace.rows().stream().map(waterfall::line).toList();
    }

    private String line(TraceRow row) {
        return String.format(
                Locale.ROOT,
                "%-" + LABEL + "s│%s│%6.0f ms%7.0f ms",
                fit(branch(row) + Plain.text(label(row)), row.orphan() ? ORPHAN : ""),
                bar(row),
                row.offsetNanos() / 1e6,
                row.durationNanos() / 1e6);
    }

    private String branch(TraceRow row) {
        int depth = row.depth();
        while (lasts.size() > depth) {
            lasts.remove(lasts.size() - 1);
        }
        lasts.add(row.last());
        if (depth == 0) {
            return "";
        }
        StringBuilder branch = new StringBuilder();
        if (depth > DEEPEST) {
            branch.append('⋯').append(depth).append(' ');
        } else {
            for (int level = 1; level < depth; level++) {
                branch.append(lasts.get(level) ? "   " : "│  ");
            }
        }
        return branch.append(row.last() ? "└─ " : "├─ ").toString();
    }

    private static String label(TraceRow row) {
        StringBuilder label = new StringBuilder(row.span().name());
        row.attempt().ifPresent(attempt -> label.append(" #").append(attempt));
        if (!row.subject().isEmpty() && !row.span().name().endsWith(row.subject())) {
            label.append(' ').append(row.subject());
        }
        if (row.isAttempt()) {
            label.append(' ').append(row.status().isEmpty() ? "-" : row.status());
            row.outcome().ifPresent(outcome -> label.append(' ').append(outcome));
        } else {
            if (!row.tokens().isEmpty()) {
                label.append(' ').append(row.tokens());
            }
            if (!row.isGood()) {
                label.append(' ').append(row.outcome().orElse("ERROR"));
            }
        }
        return label.toString();
    }

    private static String fit(String label, String suffix) {
        int room = LABEL - suffix.length();
        return (label.length() < room ? label : label.substring(0, room - 2) + '…') + suffix;
    }

    private String bar(TraceRow row) {
        int from = cell((double) row.offsetNanos());
        int to = cell((double) (row.offsetNanos() + row.durationNanos()));
        int firstByte = cell(row, row.firstByteNanos());
        int firstChunk = cell(row, row.firstChunkNanos());
        StringBuilder bar = new StringBuilder(BAR);
        for (int cell = 0; cell < BAR; cell++) {
            bar.append(cell < from || cell > to ? ' ' : sign(row.isAttempt(), cell, firstByte, firstChunk));
        }
        return bar.toString();
    }

    private static char sign(boolean attempt, int cell, int firstByte, int firstChunk) {
        if (!attempt) {
            return cell == firstChunk ? '╂' : '─';
        }
        if (cell == firstByte) {
            return '┃';
        }
        return firstByte >= 0 && cell > firstByte ? '█' : '░';
    }

    /** -1 if there is no such moment. */
    private int cell(TraceRow row, OptionalDouble nanos) {
        return nanos.isPresent() ? cell(row.offsetNanos() + nanos.getAsDouble()) : -1;
    }

    private int cell(double offset) {
        return (int) Math.max(0, Math.min(BAR - 1, offset / nanosPerCell));
    }
}
