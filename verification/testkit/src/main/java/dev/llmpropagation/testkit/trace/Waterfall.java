package dev.llmpropagation.testkit.trace;

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
    private static final int WIDEST_LABEL = 72;
    private static final int BAR = 28;
    private static final int DEEPEST = 9;
    private static final String ORPHAN = " (unknown parent)";
    private static final String TIMELESS = " (no time)";

    private final double nanosPerCell;
    private final int labelWidth;
    private final List<Boolean> lasts = new ArrayList<>();

    private Waterfall(TraceView trace, int labelWidth) {
        this.labelWidth = labelWidth;
        nanosPerCell = Math.max(1.0, (double) trace.durationNanos() / BAR);
    }

    /** The lines, without indentation. Empty if there are no spans. */
    public static List<String> draw(Collection<TraceSpan> spans) {
        return TraceView.of(spans).stream()
                .flatMap(trace -> draw(trace, LABEL).stream())
                .toList();
    }

    private static List<String> draw(TraceView trace, int labelWidth) {
        Waterfall waterfall = new Waterfall(trace, labelWidth);
        return trace.rows().stream().map(waterfall::line).toList();
    }

    /** With wider lines where there is more to say. */
    public static List<String> drawWide(TraceView trace) {
        Waterfall unlimited = new Waterfall(trace, Integer.MAX_VALUE);
        int widest = trace.rows().stream()
                .mapToInt(row -> unlimited.label(row).length() + 1)
                .max()
                .orElse(LABEL);
        return draw(trace, Math.max(LABEL, Math.min(WIDEST_LABEL, widest)));
    }

    private String line(TraceRow row) {
        return String.format(
                Locale.ROOT,
                "%-" + labelWidth + "s│%s│%6.0f ms%7.0f ms",
                label(row),
                bar(row),
                row.offsetNanos() / 1e6,
                row.durationNanos() / 1e6);
    }

    /** Where there is no room for all, first the subject is cut, then the status. */
    private String label(TraceRow row) {
        StringBuilder head =
                new StringBuilder(branch(row)).append(Plain.text(row.span().name()));
        row.attempt().ifPresent(attempt -> head.append(" #").append(attempt));
        String end = Plain.text(end(row)) + (row.orphan() ? ORPHAN : "") + (row.hasTime() ? "" : TIMELESS);
        int room = labelWidth - 1 - end.length();
        if (head.length() > room) {
            int kept = Math.max(1, room - 1);
            return head.substring(0, kept) + '…' + end;
        }
        String status = row.isAttempt() ? fit(row.status().isEmpty() ? "-" : row.status(), room - head.length()) : "";
        boolean named = row.span().name().endsWith(row.subject());
        String subject = named ? "" : fit(Plain.text(row.subject()), room - head.length() - status.length());
        return head + subject + Plain.text(status) + end;
    }

    /** With a space before it; nothing if hardly anything would be left. */
    private static String fit(String text, int room) {
        if (text.length() < room) {
            return ' ' + text;
        }
        return room < 5 ? "" : ' ' + text.substring(0, room - 2) + '…';
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

    private static String end(TraceRow row) {
        if (row.isAttempt()) {
            return row.outcome().map(outcome -> ' ' + outcome).orElse("");
        }
        String tokens = row.tokens().isEmpty() ? "" : ' ' + row.tokens();
        return row.isGood() ? tokens : tokens + ' ' + row.outcome().orElse("ERROR");
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
