package dev.llmpropagation.verification.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
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
        assertThat(Waterfall.draw(List.of(span("2", "9", "POST", "INTERNAL", 0, 1, Map.of()))))
                .singleElement()
                .asString()
                .startsWith("POST (unknown parent) ");
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
        assertThat(Waterfall.draw(List.of(span("1", "", "n".repeat(200), "INTERNAL", 0, 0, Map.of()))))
                .singleElement()
                .asString()
                .hasSize(94)
                .contains("n… │─");
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
