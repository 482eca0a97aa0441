package dev.llmpropagation.testkit;

import io.opentelemetry.sdk.metrics.Aggregation;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.SdkMeterProviderBuilder;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.export.AggregationTemporalitySelector;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Metrics since the last reset, however often they are read. A cumulative reader could not forget, and one of deltas alone
 * would forget with each reading. What a callback observes is the state of now, and needs no memory. Thread-safe.
 */
final class RecordedMetrics {

    private static final Set<InstrumentType> OBSERVABLE = EnumSet.of(
            InstrumentType.OBSERVABLE_COUNTER,
            InstrumentType.OBSERVABLE_UP_DOWN_COUNTER,
            InstrumentType.OBSERVABLE_GAUGE);

    private final InMemoryMetricReader recorded = InMemoryMetricReader.create(
            type -> AggregationTemporality.DELTA,
            type -> OBSERVABLE.contains(type) ? Aggregation.drop() : Aggregation.defaultAggregation());
    private final InMemoryMetricReader observed = InMemoryMetricReader.create(
            AggregationTemporalitySelector.alwaysCumulative(),
            type -> OBSERVABLE.contains(type) ? Aggregation.defaultAggregation() : Aggregation.drop());
    private final Map<MetricSum.Key, MetricSum> sums = new LinkedHashMap<>();

    void registerAt(SdkMeterProviderBuilder metering) {
        metering.registerMetricReader(recorded).registerMetricReader(observed);
    }

    synchronized Collection<MetricData> now() {
        for (MetricData delta : recorded.collectAllMetrics()) {
            sums.computeIfAbsent(MetricSum.Key.of(delta), key -> new MetricSum())
                    .add(delta);
        }
        List<MetricData> all = new ArrayList<>();
        sums.values().forEach(sum -> all.add(sum.data()));
        all.addAll(observed.collectAllMetrics());
        return all;
    }

    synchronized void reset() {
        recorded.collectAllMetrics();
        sums.clear();
    }
}
