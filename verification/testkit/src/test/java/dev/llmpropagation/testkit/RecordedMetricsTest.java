package dev.llmpropagation.testkit;

import static io.opentelemetry.sdk.testing.assertj.OpenTelemetryAssertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleCounter;
import io.opentelemetry.api.metrics.DoubleGauge;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.LongGauge;
import io.opentelemetry.api.metrics.LongUpDownCounter;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.sdk.metrics.data.MetricData;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The instruments live as long as a client that is made once; what they recorded, until the next reset. */
class RecordedMetricsTest {

    private static final Attributes EU = Attributes.of(AttributeKey.stringKey("region"), "eu");
    private static final Attributes US = Attributes.of(AttributeKey.stringKey("region"), "us");

    private final RecordedTelemetry telemetry = RecordedTelemetry.create();
    private final Meter meter = telemetry.openTelemetry().getMeter("test");

    @Test
    void counts_beginAnewWithEachReset() {
        LongCounter calls = meter.counterBuilder("calls").build();
        DoubleCounter costs = meter.counterBuilder("costs").ofDoubles().build();
        LongUpDownCounter open = meter.upDownCounterBuilder("open").build();
        calls.add(7, EU);
        costs.add(7.5);
        open.add(7);
        assertThat(telemetry.metrics()).hasSize(3);

        telemetry.reset();
        assertThat(telemetry.metrics()).isEmpty();

        calls.add(1, EU);
        costs.add(0.5);
        open.add(3);
        assertThat(telemetry.metrics()).hasSize(3);
        calls.add(1, EU);
        calls.add(4, US);
        costs.add(0.25);
        open.add(-1);
        for (int reading = 0; reading < 2; reading++) {
            assertThat(metric("calls")).hasLongSumSatisfying(sum -> sum.isMonotonic()
                    .isCumulative()
                    .hasPointsSatisfying(point -> point.hasValue(2).hasAttributes(EU), point -> point.hasValue(4)
                            .hasAttributes(US)));
            assertThat(metric("costs"))
                    .hasDoubleSumSatisfying(
                            sum -> sum.isMonotonic().isCumulative().hasPointsSatisfying(point -> point.hasValue(0.75)));
            assertThat(metric("open"))
                    .hasLongSumSatisfying(
                            sum -> sum.isNotMonotonic().isCumulative().hasPointsSatisfying(point -> point.hasValue(2)));
        }
    }

    @Test
    void histograms_beginAnewWithEachReset() {
        DoubleHistogram durations = meter.histogramBuilder("durations")
                .setUnit("s")
                .setDescription("of calls")
                .setExplicitBucketBoundariesAdvice(List.of(1.0, 10.0))
                .build();
        durations.record(100);
        durations.record(0.1);

        telemetry.reset();
        assertThat(telemetry.metrics()).isEmpty();

        durations.record(5);
        assertThat(telemetry.metrics()).hasSize(1);
        durations.record(2);
        durations.record(20);
        for (int reading = 0; reading < 2; reading++) {
            assertThat(metric("durations"))
                    .hasUnit("s")
                    .hasDescription("of calls")
                    .hasHistogramSatisfying(
                            histogram -> histogram.isCumulative().hasPointsSatisfying(point -> point.hasCount(3)
                                    .hasSum(27)
                                    .hasMin(2)
                                    .hasMax(20)
                                    .hasBucketBoundaries(1, 10)
                                    .hasBucketCounts(0, 2, 1)));
        }
    }

    @Test
    void gauges_keepTheirLastValueUntilReset() {
        LongGauge size = meter.gaugeBuilder("size").ofLongs().build();
        DoubleGauge load = meter.gaugeBuilder("load").build();
        size.set(1);
        load.set(0.1);
        assertThat(telemetry.metrics()).hasSize(2);
        size.set(2);
        load.set(0.2);

        for (int reading = 0; reading < 2; reading++) {
            assertThat(metric("size"))
                    .hasLongGaugeSatisfying(gauge -> gauge.hasPointsSatisfying(point -> point.hasValue(2)));
            assertThat(metric("load"))
                    .hasDoubleGaugeSatisfying(gauge -> gauge.hasPointsSatisfying(point -> point.hasValue(0.2)));
        }

        telemetry.reset();
        assertThat(telemetry.metrics()).isEmpty();
    }

    @Test
    void whatIsObserved_isTheStateOfNow() {
        AtomicLong size = new AtomicLong(1);
        var gauge = meter.gaugeBuilder("size").ofLongs().buildWithCallback(now -> now.record(size.get()));
        var counter = meter.counterBuilder("total").buildWithCallback(now -> now.record(size.get()));
        assertThat(telemetry.metrics()).hasSize(2);
        telemetry.reset();
        size.set(5);

        for (int reading = 0; reading < 2; reading++) {
            assertThat(metric("size"))
                    .hasLongGaugeSatisfying(data -> data.hasPointsSatisfying(point -> point.hasValue(5)));
            assertThat(metric("total"))
                    .hasLongSumSatisfying(data -> data.hasPointsSatisfying(point -> point.hasValue(5)));
        }

        gauge.close();
        counter.close();
        assertThat(telemetry.metrics()).isEmpty();
    }

    private MetricData metric(String name) {
        return telemetry.metrics().stream()
                .filter(metric -> metric.getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no metric " + name));
    }
}
