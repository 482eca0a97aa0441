package dev.llmpropagation.testkit.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a trace looks like as text. */
class WaterfallTest {

    private static final long MS = 1_000_000;

    @Test
    void attempts_standUnderTheirParentInTheOrderOfTheirStarts() {
        TraceSpan program = span("1", "", "program", "INTERNAL", 0, 28, Map.of());
        TraceSpan first = span(
                "2",
                "1",
                "POST",
                "CLIENT",
                0,
                8,
                Map.of(
                        "http.request.method",
                        "POST",
                        "server.address",
                        "localhost",
                        "http.response.status_code",
                        503L,
                        "llm_propagation.outcome",
                        "failed",
                        "llm_propagation.time_to_first_byte",
                        0.004));
        TraceSpan second = span(
                "3",
                "1",
                "POST",
                "CLIENT",
                10,
                28,
                Map.of(
                        "http.request.method", "POST",
                        "http.request.resend_count", 1L,
                        "server.address", "localhost",
                        "error.type", "java.net.ConnectException",
                        "llm_propagation.outcome", "failed"));

        assertThat(Waterfall.draw(List.of(second, first, program)))
                .containsExactly(
                        "program                                      │────────────────────────────│     0 ms     28 ms",
                        "├─ POST #1 localhost 503 failed              │░░░░┃████                   │     0 ms      8 ms",
                        "└─ POST #2 localhost ConnectException failed │          ░░░░░░░░░░░░░░░░░░│    10 ms     18 ms");
    }

    @Test
    void spanOfAnUnknownParent_isARootThatSaysSo() {
        assertThat(line(span("2", "9", "POST", "INTERNAL", 0, 1, Map.of()))).startsWith("POST (unknown parent) ");
    }

    @Test
    void spanOfAnotherTrace_isNoParent() {
        TraceSpan other = new TraceSpan("f0", "1", "", "other", "INTERNAL", 0, MS, false, Map.of());
        assertThat(Waterfall.draw(List.of(other, span("2", "1", "POST", "INTERNAL", 0, 1, Map.of()))))
                .extracting(line -> line.substring(0, 5))
                .containsExactlyInAnyOrder("other", "POST ");
    }

    @Test
    void longNamesAndEmptySpans_keepTheColumns() {
        assertThat(line(span("1", "", "n".repeat(200), "INTERNAL", 1, 0, Map.of())))
                .hasSize(94)
                .contains("n… │─");
    }

    @Test
    void missingParentOfALongName_isStillSaid() {
        assertThat(line(span("2", "9", "n".repeat(80), "INTERNAL", 0, 1, Map.of())))
                .hasSize(94)
                .contains("n… (unknown parent) │");
    }

    @Test
    void textThatWouldMoveTheCursor_isShownAsASign() {
        assertThat(line(span("1", "", "a\u001b[2J\nb\u202ec", "INTERNAL", 0, 1, Map.of())))
                .startsWith("a\ufffd[2J\ufffdb\ufffdc ");
    }

    private static String line(TraceSpan span) {
        List<String> lines = Waterfall.draw(List.of(span));
        assertThat(lines).hasSize(1);
        return lines.get(0);
    }

    /** Each span is in the one before. */
    private static List<String> linesOfAChain(int length) {
        return Waterfall.draw(IntStream.range(0, length)
                .mapToObj(i -> span("s" + i, i == 0 ? "" : "s" + (i - 1), "n", "INTERNAL", 0, 1, Map.of()))
                .toList());
    }

    @Test
    void deepTree_keepsItsColumns() {
        List<String> lines = linesOfAChain(20_000);

        assertThat(lines).hasSize(20_000).allSatisfy(line -> assertThat(line).hasSize(94));
        assertThat(lines.get(3)).startsWith("      └─ n ");
        assertThat(lines.get(19_999)).startsWith("⋯19999 └─ n ");
    }

    @Test
    void spanThatNeverEnded_isShown() {
        TraceSpan open = new TraceSpan("00", "1", "", "open", "INTERNAL", 5 * MS, 0, false, Map.of());
        assertThat(line(open)).endsWith("     0 ms      0 ms");
    }

    @Test
    void clocksThatDisagree_keepEverySpanOnTheAxis() {
        List<TraceSpan> spans = List.of(
                span("1", "", "root", "INTERNAL", 1000, 2000, Map.of()),
                span("2", "1", "early", "INTERNAL", 500, 900, Map.of()),
                span("3", "1", "late", "INTERNAL", 1900, 2900, Map.of()),
                span("4", "1", "backwards", "INTERNAL", 1500, 1200, Map.of()));

        assertThat(Waterfall.draw(spans))
                .allSatisfy(line -> assertThat(line).hasSize(94).contains("─").contains(" ms"))
                .extracting(line -> line.substring(line.lastIndexOf('│') + 1).strip())
                .containsExactly("500 ms   1000 ms", "0 ms    400 ms", "1000 ms      0 ms", "1400 ms   1000 ms");
    }

    @Test
    void momentsBeyondAllTime_areShownSomehow() {
        List<TraceSpan> spans = List.of(
                new TraceSpan("00", "1", "", "never", "INTERNAL", -1, Long.MAX_VALUE, false, Map.of()),
                new TraceSpan("00", "2", "1", "ever", "INTERNAL", Long.MIN_VALUE, 0, false, Map.of()));

        assertThat(Waterfall.draw(spans)).hasSize(2);
    }

    @Test
    void name_isCutOnlyWhereItDoesNotFit() {
        assertThat(label(span("1", "", "n".repeat(44), "INTERNAL", 0, 1, Map.of())))
                .isEqualTo("n".repeat(44) + ' ');
        assertThat(label(span("1", "", "n".repeat(45), "INTERNAL", 0, 1, Map.of())))
                .isEqualTo("n".repeat(43) + "… ");
    }

    @Test
    void subject_isCutOrLeftOutWhereItDoesNotFit() {
        assertThat(label(attempt("POST", "h".repeat(32)))).isEqualTo("POST #1 " + "h".repeat(32) + " 200 ");
        assertThat(label(attempt("POST", "h".repeat(33)))).isEqualTo("POST #1 " + "h".repeat(31) + "… 200 ");
        assertThat(label(attempt("n".repeat(32), "gw.example.com"))).isEqualTo("n".repeat(32) + " #1 gw.… 200 ");
        assertThat(label(attempt("n".repeat(33), "gw.example.com"))).isEqualTo("n".repeat(33) + " #1 200     ");
    }

    @Test
    void firstByteAtOnce_leavesNothingToWaitFor() {
        assertThat(line(attempt("POST", "localhost"))).contains("│┃" + "█".repeat(27) + "│");
    }

    @Test
    void branches_areDrawnNineDeep() {
        List<String> lines = linesOfAChain(11);

        assertThat(lines.get(9)).startsWith(" ".repeat(24) + "└─ n ");
        assertThat(lines.get(10)).startsWith("⋯10 └─ n ");
    }

    @Test
    void wideWaterfall_makesRoomForItsLongestLabel() {
        assertThat(wide("n".repeat(20))).startsWith("n".repeat(20) + " ".repeat(25) + "│");
        assertThat(wide("n".repeat(60))).startsWith("n".repeat(60) + " │");
        assertThat(wide("n".repeat(100))).startsWith("n".repeat(70) + "… │");
    }

    private static String wide(String name) {
        return Waterfall.drawWide(TraceView.of(List.of(span("1", "", name, "INTERNAL", 0, 1, Map.of())))
                        .get(0))
                .get(0);
    }

    private static String label(TraceSpan span) {
        String line = Waterfall.draw(List.of(span)).get(0);
        return line.substring(0, line.indexOf('│'));
    }

    private static TraceSpan attempt(String name, String host) {
        return span(
                "1",
                "",
                name,
                "CLIENT",
                0,
                28,
                Map.of(
                        "http.request.method",
                        "POST",
                        "server.address",
                        host,
                        "http.response.status_code",
                        200L,
                        "llm_propagation.time_to_first_byte",
                        0.0));
    }

    private static TraceSpan span(
            String id,
            String parent,
            String name,
            String kind,
            long startMillis,
            long endMillis,
            Map<String, Object> attributes) {
        return new TraceSpan("00", id, parent, name, kind, startMillis * MS, endMillis * MS, false, attributes);
    }
}
