package dev.llmpropagation.testkit.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the text and the page of a trace show of its spans. */
class TraceViewTest {

    private static final long YEAR = 365L * 24 * 3600 * 1_000_000_000;

    @Test
    void trace_saysWhoseItIs_whereItCameFromAndHowManyAttemptsAndErrorsItHas() {
        TraceView view = TraceView.of(List.of(
                        span("1", "", "INTERNAL", false, "agent", Map.of("session.id", "s-2")),
                        span("2", "1", "CLIENT", true, "agent", Map.of("gen_ai.conversation.id", "s-1")),
                        span("3", "2", "CLIENT", true, "gateway", Map.of("http.request.method", "POST")),
                        span("4", "2", "CLIENT", false, "agent", Map.of("http.request.method", "POST"))))
                .get(0);

        assertThat(view.sessions()).containsExactly("s-1", "s-2");
        assertThat(view.services()).containsExactly("agent", "gateway");
        assertThat(view.attempts()).isEqualTo(2);
        assertThat(view.errors()).isEqualTo(2);
    }

    @Test
    void session_isThatOfTheProgramBeforeThatOfTheConversation() {
        assertThat(row(Map.of("session.id", "s-1", "gen_ai.conversation.id", "c-1"))
                        .session())
                .contains("s-1");
        assertThat(row(Map.of("gen_ai.conversation.id", "c-1")).session()).contains("c-1");
        assertThat(row(Map.of()).session()).isEmpty();
    }

    @Test
    void tokens_areThoseThatWereCounted() {
        assertThat(row(Map.of("gen_ai.usage.input_tokens", 812L, "gen_ai.usage.output_tokens", 64L))
                        .tokens())
                .isEqualTo("812→64");
        assertThat(row(Map.of("gen_ai.usage.input_tokens", 812L)).tokens()).isEqualTo("812→?");
        assertThat(row(Map.of("gen_ai.usage.output_tokens", 64L)).tokens()).isEqualTo("?→64");
        assertThat(row(Map.of()).tokens()).isEmpty();
    }

    @Test
    void subject_isTheHostOfAnAttempt_andElseWhomTheSpanNamesFirst() {
        Map<String, Object> both = Map.of("server.address", "h", "gen_ai.request.model", "m");
        assertThat(row(both).subject()).isEqualTo("m");
        assertThat(row(Map.of("server.address", "h", "gen_ai.request.model", "m", "http.request.method", "POST"))
                        .subject())
                .isEqualTo("h");
        assertThat(row(Map.of("gen_ai.request.model", " ", "gen_ai.tool.name", "read"))
                        .subject())
                .isEqualTo("read");
    }

    @Test
    void modelCall_isAClientSpanThatNamesAModel() {
        assertThat(row(Map.of("gen_ai.request.model", "m")).span().isModelCall())
                .isTrue();
        assertThat(row(Map.of()).span().isModelCall()).isFalse();
        assertThat(span("1", "", "INTERNAL", false, "agent", Map.of("gen_ai.request.model", "m"))
                        .isModelCall())
                .isFalse();
    }

    @Test
    void end_isGoodWhereNothingElseIsSaid() {
        assertThat(row(Map.of()).isGood()).isTrue();
        assertThat(row(Map.of("llm_propagation.outcome", "completed")).isGood()).isTrue();
        assertThat(row(Map.of("llm_propagation.outcome", "cancelled")).isGood()).isFalse();
        assertThat(TraceView.of(List.of(span("1", "", "CLIENT", true, "agent", Map.of())))
                        .get(0)
                        .rows()
                        .get(0)
                        .isGood())
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, false, 0",
        "0, 5, true, 5",
        "5, 5, true, 0",
        "5, 9, true, 4",
        "9, 5, true, 0",
        "5, 0, true, 0",
        "-1, 5, false, 0",
    })
    void time_isKnownIfTheSpanSaysWhenItWas(long start, long end, boolean known, long duration) {
        assertTime(start, end, known, duration);
    }

    @Test
    void time_thatNothingTakes_isNotKnown() {
        assertTime(0, YEAR - 1, true, YEAR - 1);
        assertTime(0, YEAR, false, 0);
        assertTime(1, YEAR, true, YEAR - 1);
        assertTime(1, YEAR + 1, true, 0);
    }

    private static void assertTime(long start, long end, boolean known, long duration) {
        TraceRow row = new TraceRow(
                new TraceSpan("t", "1", "", "POST", "CLIENT", start, end, false, Map.of()), 0, true, 0, false, 0);
        assertThat(row.hasTime()).isEqualTo(known);
        assertThat(row.durationNanos()).isEqualTo(duration);
    }

    private static TraceRow row(Map<String, Object> attributes) {
        return TraceView.of(List.of(span("1", "", "CLIENT", false, "agent", attributes)))
                .get(0)
                .rows()
                .get(0);
    }

    private static TraceSpan span(
            String id, String parent, String kind, boolean error, String service, Map<String, Object> attributes) {
        return new TraceSpan(
                "t",
                id,
                parent,
                "a span",
                kind,
                1,
                2,
                error,
                attributes,
                new SpanDetails(service, "scope", "", List.of(), List.of()));
    }
}
