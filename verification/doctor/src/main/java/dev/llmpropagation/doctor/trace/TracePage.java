package dev.llmpropagation.doctor.trace;

import dev.llmpropagation.testkit.trace.TraceRow;
import dev.llmpropagation.testkit.trace.TraceSpan;
import dev.llmpropagation.testkit.trace.TraceView;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * Draws spans as one HTML page that stands alone: it loads nothing, and its policy forbids that it does. The tree is plain
 * HTML, so that it can be read and printed without a script. Text of spans gets into the page as text only.
 */
public final class TracePage {

    /** Blocks of rows that are off screen are not laid out by the browser. */
    private static final int BLOCK = 60;

    private static final int SESSIONS_SHOWN = 3;

    private final Html html = new Html();
    private final String title;
    private final String note;
    private final List<TraceView> traces;
    private final LogsOfSpans logs;
    private int index;

    private TracePage(String title, Collection<TraceSpan> spans, Collection<TraceLog> logs, String note) {
        this.title = title;
        this.note = note;
        traces = TraceView.of(spans);
        this.logs = new LogsOfSpans(logs);
    }

    /** @param title says where the spans come from */
    public static String draw(String title, Collection<TraceSpan> spans) {
        return draw(title, spans, "");
    }

    /** @param note on what is not there, for the reader; empty for none */
    public static String draw(String title, Collection<TraceSpan> spans, String note) {
        return draw(title, spans, List.of(), note);
    }

    /** @param logs records of these traces; those of a span that is not here are left out */
    public static String draw(String title, Collection<TraceSpan> spans, Collection<TraceLog> logs, String note) {
        return new TracePage(title, spans, logs, note).draw();
    }

    private String draw() {
        String style = resource("page.css");
        String script = resource("page.js");
        html.raw("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n")
                .raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src '")
                .raw(hash(script))
                .raw("'; style-src '")
                .raw(hash(style))
                .raw("'; base-uri 'none'; form-action 'none'\">\n")
                .raw("<meta name=\"referrer\" content=\"no-referrer\">\n")
                .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
                .text(title)
                .raw(" – trace</title>\n<style>")
                .raw(style)
                .raw("</style>\n<body>\n");
        header();
        tools();
        html.raw("<main>\n<div id=\"grid\" role=\"treegrid\" aria-label=\"Spans\" aria-colcount=\"4\">\n")
                .raw("<div role=\"row\" class=\"head\"><div role=\"columnheader\">Span</div>")
                .raw("<div role=\"columnheader\">Timeline</div><div role=\"columnheader\" class=\"o\">Start</div>")
                .raw("<div role=\"columnheader\" class=\"d\">Duration</div></div>\n");
        traces.forEach(this::trace);
        html.raw("</div>\n<aside id=\"details\" aria-label=\"Details of the span\" tabindex=\"-1\" hidden></aside>\n")
                .raw("</main>\n");
        footer();
        html.raw("<script type=\"application/json\" id=\"data\">")
                .raw(PageData.of(traces, logs))
                .raw("</script>\n<script>")
                .raw(script)
                .raw("</script>\n</body>\n</html>\n");
        return html.toString();
    }

    private void header() {
        html.raw("<header>\n<h1>").text(title).raw("</h1>\n<p class=\"sum\">");
        count(traces.size(), "trace");
        count(sessions().size(), "session");
        count(traces.stream().mapToLong(trace -> trace.rows().size()).sum(), "span");
        count(traces.stream().mapToLong(TraceView::attempts).sum(), "attempt");
        long errors = traces.stream().mapToLong(TraceView::errors).sum();
        if (errors > 0) {
            html.raw("<span class=\"bad\"><b>").text(Html.grouped(errors)).raw("</b> with an error</span>");
        }
        tokens();
        html.raw("</p>\n");
        if (!note.isEmpty()) {
            html.raw("<p class=\"sum\" role=\"note\">").text(note).raw("</p>\n");
        }
        html.raw("</header>\n");
    }

    /** Of use with the script only, which shows it. */
    private void tools() {
        html.raw("<div class=\"tools\" role=\"search\" hidden><label class=\"find\"><span>Search</span>")
                .raw("<input id=\"find\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\"")
                .raw(" placeholder=\"name, attribute, id …\"><kbd>/</kbd></label><output id=\"found\"></output>");
        if (sessions().size() > 1) {
            html.raw("<label class=\"pick\"><span>Session</span><select id=\"session\">")
                    .raw("<option value=\"\">all</option>");
            for (String session : sessions()) {
                html.raw("<option value=\"")
                        .text(session)
                        .raw("\">")
                        .text(session)
                        .raw("</option>");
            }
            html.raw("</select></label>");
        }
        html.raw("<button id=\"all\" type=\"button\">Collapse all</button></div>\n");
    }

    private void count(long count, String noun) {
        html.raw("<span><b>")
                .text(Html.grouped(count))
                .raw("</b> ")
                .raw(noun)
                .raw(count == 1 ? "" : "s")
                .raw("</span>");
    }

    private void tokens() {
        long in = 0;
        long out = 0;
        for (TraceView trace : traces) {
            for (TraceRow row : trace.rows()) {
                in += row.inputTokens().orElse(0);
                out += row.outputTokens().orElse(0);
            }
        }
        if (in + out > 0) {
            html.raw("<span><b>")
                    .text(Html.grouped(in))
                    .raw("</b> tokens in, <b>")
                    .text(Html.grouped(out))
                    .raw("</b> out</span>");
        }
    }

    private Set<String> sessions() {
        Set<String> sessions = new TreeSet<>();
        traces.forEach(trace -> sessions.addAll(trace.sessions()));
        return sessions;
    }

    private void footer() {
        html.raw("<footer>\n<p class=\"legend\">");
        legend("<rect class=\"c\" width=\"100%\"/>", "model call");
        legend("<circle class=\"fc\" cx=\"50%\" cy=\"50%\" r=\"4\"/>", "first chunk");
        legend("<rect class=\"w\" width=\"100%\"/>", "attempt, waiting");
        legend("<line class=\"fb\" x1=\"50%\" x2=\"50%\" y1=\"2\" y2=\"16\"/>", "first byte");
        legend("<rect class=\"b\" width=\"100%\"/>", "body");
        legend("<rect class=\"p\" width=\"100%\"/>", "the program’s own");
        html.raw("</p>\n<p class=\"keys\">");
        key("<kbd>↑</kbd> <kbd>↓</kbd>", "move");
        key("<kbd>←</kbd> <kbd>→</kbd>", "close, open");
        key("<kbd>Enter</kbd>", "details");
        key("<kbd>z</kbd>", "zoom");
        key("<kbd>e</kbd>", "next error");
        key("<kbd>/</kbd>", "search");
        key("<kbd>n</kbd>", "next found");
        key("<kbd>Esc</kbd>", "back");
        html.raw("</p>\n</footer>\n");
    }

    private void legend(String shape, String meaning) {
        html.raw("<span><svg aria-hidden=\"true\">" + shape + "</svg>" + meaning + "</span>");
    }

    private void key(String keys, String meaning) {
        html.raw("<span>" + keys + ' ' + meaning + "</span>");
    }

    private void trace(TraceView trace) {
        html.raw("<section role=\"rowgroup\" class=\"trace\">\n")
                .raw("<div role=\"row\" class=\"tr\" aria-level=\"1\" aria-expanded=\"true\" tabindex=\"-1\">")
                .raw(
                        "<div role=\"gridcell\" class=\"n\"><b class=\"tw\"></b><div class=\"lb\"><span class=\"nm\">Trace <code>")
                .text(trace.traceId())
                .raw("</code></span>");
        sessions(trace);
        html.raw("</div></div><div role=\"gridcell\" class=\"t axis\" aria-hidden=\"true\">");
        for (int quarter = 0; quarter <= 4; quarter++) {
            html.raw("<span>")
                    .text(Html.duration(trace.durationNanos() / 4.0 * quarter))
                    .raw("</span>");
        }
        html.raw("</div><div role=\"gridcell\" class=\"o\">")
                .text(Html.time(trace.startNanos()))
                .raw("</div><div role=\"gridcell\" class=\"d\">")
                .text(Html.duration(trace.durationNanos()))
                .raw("</div></div>\n");
        PageRows rows = new PageRows(html, trace, logs);
        for (int i = 0; i < trace.rows().size(); i++) {
            if (i % BLOCK == 0) {
                html.raw(i == 0 ? "" : "</div>\n").raw("<div class=\"block\" role=\"presentation\">\n");
            }
            rows.row(index++, trace.rows().get(i));
        }
        html.raw("</div>\n</section>\n");
    }

    private void sessions(TraceView trace) {
        trace.sessions().stream().limit(SESSIONS_SHOWN).forEach(session -> html.raw(
                        "<span class=\"chip\" title=\"session\">")
                .text(session)
                .raw("</span>"));
        int more = trace.sessions().size() - SESSIONS_SHOWN;
        if (more > 0) {
            html.raw("<span class=\"at\">and " + more + " more sessions</span>");
        }
    }

    private static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(TracePage.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return "sha256-" + Base64.getEncoder().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JVM has SHA-256", e);
        }
    }
}
