package dev.llmpropagation.doctor.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.testkit.trace.TraceSpan;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The page of spans whose times make no sense together. */
class TracePageClocksTest {

    @Test
    void clocksThatDisagree_keepEverySpanOnTheAxis() {
        List<TraceSpan> spans = List.of(
                span("1", "", "root", 1_000_000_000, 2_000_000_000),
                span("2", "1", "early", 500_000_000, 900_000_000),
                span("3", "1", "late", 1_900_000_000, 2_900_000_000L),
                span("4", "1", "backwards", 1_500_000_000, 1_200_000_000));

        assertThat(TracePage.draw("skew", spans))
                .doesNotContainPattern("\\s(x|x1|cx|width)=\"-")
                .contains("backwards");
    }

    @Test
    void momentsBeyondAllTime_areShownSomehow() {
        List<TraceSpan> spans =
                List.of(span("1", "", "never", -1, Long.MAX_VALUE), span("2", "1", "ever", Long.MIN_VALUE, 0));

        assertThat(TracePage.draw("time", spans)).contains("never").doesNotContain("NaN");
    }

    private static TraceSpan span(String id, String parent, String name, long start, long end) {
        return new TraceSpan("00", id, parent, name, "INTERNAL", start, end, false, Map.of());
    }
}
