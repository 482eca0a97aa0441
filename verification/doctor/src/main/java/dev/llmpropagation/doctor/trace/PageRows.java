package dev.llmpropagation.doctor.trace;

import dev.llmpropagation.testkit.trace.TraceRow;
import dev.llmpropagation.testkit.trace.TraceView;

/** Rows of the page. Not thread-safe. */
final class PageRows {

    /** What is deeper stands no further to the right. */
    private static final int DEEPEST = 16;

    /** A bar of no width would not be seen. */
    private static final double NARROWEST = 0.0005;

    private final Html html;
    private final TraceView trace;
    private final LogsOfSpans logs;
    // One process needs no name on each row.
    private final boolean showsServices;

    PageRows(Html html, TraceView trace, LogsOfSpans logs) {
        this.html = html;
        this.trace = trace;
        this.logs = logs;
        this.showsServices = trace.services().size() > 1;
    }

    void row(int index, TraceRow row) {
        html.raw("<div role=\"row\" id=\"r" + index + "\" class=\"" + classes(row) + "\" tabindex=\"-1\" aria-level=\"")
                .raw(row.depth() + 2 + "\"")
                .raw(row.children() > 0 ? " aria-expanded=\"true\">" : ">")
                .raw("<div role=\"gridcell\" class=\"n\">")
                .raw("<i></i>".repeat(Math.min(row.depth(), DEEPEST)))
                .raw("<b class=\"tw\"></b><div class=\"lb\"><span class=\"nm\">")
                .text(row.span().name())
                .raw("</span>");
        String service = row.span().details().service();
        if (showsServices && !service.isEmpty()) {
            html.raw("<span class=\"sv\" title=\"service\">").text(service).raw("</span>");
        }
        row.attempt().ifPresent(attempt -> html.raw("<span class=\"at\">#" + attempt + "</span>"));
        if (!row.subject().isEmpty() && !row.span().name().endsWith(row.subject())) {
            html.raw("<span class=\"su\">").text(row.subject()).raw("</span>");
        }
        facts(row);
        html.raw("</div></div><div role=\"gridcell\" class=\"t\">");
        bar(row);
        html.raw("</div><div role=\"gridcell\" class=\"o\">")
                .text(Html.duration(row.offsetNanos()))
                .raw("</div><div role=\"gridcell\" class=\"d\">")
                .text(Html.duration(row.durationNanos()))
                .raw("</div></div>\n");
    }

    private static String classes(TraceRow row) {
        String classes = row.isAttempt() ? "s a" : row.span().isClient() ? "s c" : "s";
        return row.span().error() ? classes + " e" : row.isGood() ? classes : classes + " x";
    }

    private void facts(TraceRow row) {
        if (row.isAttempt() && !row.status().isEmpty()) {
            html.raw("<span class=\"st\">").text(row.status()).raw("</span>");
        }
        if (!row.tokens().isEmpty()) {
            html.raw("<span class=\"tk\" title=\"tokens in and out\">")
                    .text(row.tokens())
                    .raw("</span>");
        }
        if (!row.isGood()) {
            html.raw("<span class=\"oc\">").text(row.outcome().orElse("error")).raw("</span>");
        }
        int records = logs.of(row.span()).size();
        if (records > 0) {
            html.raw("<span class=\"tk\">" + records + (records == 1 ? " log record</span>" : " log records</span>"));
        }
        if (row.orphan()) {
            html.raw("<span class=\"or\">unknown parent</span>");
        }
        if (!row.hasTime()) {
            html.raw("<span class=\"or\">no time</span>");
        }
    }

    private void bar(TraceRow row) {
        double start = part(row.offsetNanos());
        double width = Math.max(NARROWEST, part(row.durationNanos()));
        html.raw("<svg aria-hidden=\"true\">");
        if (row.isAttempt()) {
            double first = row.firstByteNanos().isPresent()
                    ? Math.min(width, part(row.firstByteNanos().getAsDouble()))
                    : width;
            rect("w", start, width);
            if (row.firstByteNanos().isPresent()) {
                rect("b", start + first, width - first);
                html.raw("<line class=\"fb\" y1=\"16%\" y2=\"84%\"")
                        .percent("x1", start + first)
                        .percent("x2", start + first)
                        .raw("/>");
            }
        } else {
            rect(row.span().isClient() ? "c" : "p", start, width);
        }
        row.firstChunkNanos().ifPresent(nanos -> html.raw("<circle class=\"fc\" cy=\"50%\" r=\"3.5\"")
                .percent("cx", part(row.offsetNanos() + nanos))
                .raw("/>"));
        html.raw("</svg>");
    }

    private void rect(String kind, double start, double width) {
        html.raw("<rect class=\"" + kind + "\"")
                .percent("x", Math.min(start, 1 - NARROWEST))
                .percent("width", width)
                .raw("/>");
    }

    private double part(long nanos) {
        return part((double) nanos);
    }

    private double part(double nanos) {
        return nanos / trace.durationNanos();
    }
}
