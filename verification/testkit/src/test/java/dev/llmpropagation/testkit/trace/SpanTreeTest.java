package dev.llmpropagation.testkit.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** No span gets lost, whatever was exported. */
class SpanTreeTest {

    @Test
    void spansThatNameEachOtherAsParents_areAllShown() {
        List<SpanTree> trees =
                SpanTree.of(List.of(span("t", "1", "2", 0), span("t", "2", "1", 1), span("t", "3", "3", 2)));

        assertThat(trees).extracting(tree -> tree.span().spanId()).containsExactly("1", "3");
        assertThat(trees.get(0).children())
                .singleElement()
                .satisfies(child -> assertThat(child.span().spanId()).isEqualTo("2"));
        assertThat(TraceView.of(List.of(span("t", "1", "2", 0), span("t", "2", "1", 1)))
                        .get(0)
                        .rows())
                .extracting(TraceRow::orphan)
                .containsExactly(true, false);
    }

    @Test
    void spansThatNameEachOther_standWhereTheirStartsPutThem() {
        assertThat(SpanTree.of(List.of(span("t", "4", "", 1), span("t", "1", "2", 0), span("t", "2", "1", 2))))
                .extracting(tree -> tree.span().spanId())
                .containsExactly("1", "4");
    }

    @Test
    void sameSpanIdInTwoTraces_isTwoSpans() {
        assertThat(SpanTree.of(List.of(span("t", "1", "", 0), span("u", "1", "", 1), span("u", "2", "1", 2))))
                .satisfiesExactly(
                        first -> assertThat(first.children()).isEmpty(),
                        second -> assertThat(second.children()).hasSize(1));
    }

    @Test
    void spanThatWasExportedTwice_isOne() {
        assertThat(SpanTree.of(List.of(span("t", "1", "", 0), span("t", "1", "", 0))))
                .hasSize(1);
    }

    @Test
    void orphansOfOneTrace_shareItsTimeAxis() {
        TraceView trace = TraceView.of(List.of(span("t", "1", "8", 10), span("t", "2", "9", 30)))
                .get(0);

        assertThat(trace.rows()).extracting(TraceRow::offsetNanos).containsExactly(0L, 20L);
        assertThat(trace.rows()).allMatch(TraceRow::orphan);
        assertThat(trace.durationNanos()).isEqualTo(25);
    }

    private static TraceSpan span(String trace, String id, String parent, long start) {
        return new TraceSpan(trace, id, parent, "span", "INTERNAL", start, start + 5, false, Map.of());
    }
}
