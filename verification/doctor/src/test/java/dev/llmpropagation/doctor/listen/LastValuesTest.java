package dev.llmpropagation.doctor.listen;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.doctor.trace.MetricPoint;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LastValuesTest {

    private final LastValues values = new LastValues();

    @Test
    void seriesWhoseLabelsBeginAlike_areTwo() {
        MetricPoint one = point("a".repeat(1_000) + "1", 1);
        MetricPoint other = point("a".repeat(1_000) + "2", 2);

        assertThat(values.changed(List.of(one, other))).hasSize(2).doesNotHaveDuplicates();
        assertThat(values.changed(List.of(one, other))).isEmpty();
        assertThat(values.all()).hasSize(2).allSatisfy(line -> assertThat(line).hasSizeLessThan(400));
    }

    @Test
    void value_isToldAgainWhereItIsAnother() {
        assertThat(values.changed(List.of(point("a", 1)))).containsExactly("calls{model=a}  1");
        assertThat(values.changed(List.of(point("a", 1)))).isEmpty();
        assertThat(values.changed(List.of(point("a", 2)))).containsExactly("calls{model=a}  2");
        assertThat(values.all()).containsExactly("calls{model=a}  2");
    }

    private static MetricPoint point(String model, double value) {
        return new MetricPoint("calls", "{call}", "", Map.of("model", model), value, value, false);
    }
}
