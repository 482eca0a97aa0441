package dev.llmpropagation.testkit;

import static io.opentelemetry.sdk.metrics.data.AggregationTemporality.CUMULATIVE;
import static java.util.Objects.requireNonNull;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.metrics.data.DoublePointData;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.MetricDataType;
import io.opentelemetry.sdk.metrics.data.PointData;
import io.opentelemetry.sdk.metrics.internal.data.ImmutableDoublePointData;
import io.opentelemetry.sdk.metrics.internal.data.ImmutableGaugeData;
import io.opentelemetry.sdk.metrics.internal.data.ImmutableHistogramData;
import io.opentelemetry.sdk.metrics.internal.data.ImmutableHistogramPointData;
import io.opentelemetry.sdk.metrics.internal.data.ImmutableLongPointData;
import io.opentelemetry.sdk.metrics.internal.data.ImmutableMetricData;
import io.opentelemetry.sdk.metrics.internal.data.ImmutableSumData;
import io.opentelemetry.sdk.resources.Resource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The sum of what several readings of one metric brought. Not thread-safe. It is made by internal classes of the SDK: their
 * public twins are younger than the oldest SDK that is supported.
 */
final class MetricSum {

    /** What makes two readings be of one metric. */
    record Key(InstrumentationScopeInfo scope, String name, String description, String unit, MetricDataType type) {
        static Key of(MetricData data) {
            return new Key(
                    data.getInstrumentationScopeInfo(),
                    data.getName(),
                    data.getDescription(),
                    data.getUnit(),
                    data.getType());
        }
    }

    private final Map<Attributes, PointData> points = new LinkedHashMap<>();
    private @Nullable MetricData latest;

    void add(MetricData delta) {
        latest = delta;
        for (PointData point : delta.getData().getPoints()) {
            points.merge(point.getAttributes(), point, (before, now) -> sum(delta.getType(), before, now));
        }
    }

    private static PointData sum(MetricDataType type, PointData before, PointData now) {
        return switch (type) {
            case LONG_SUM -> sum((LongPointData) before, (LongPointData) now);
            case DOUBLE_SUM -> sum((DoublePointData) before, (DoublePointData) now);
            case HISTOGRAM -> sum((HistogramPointData) before, (HistogramPointData) now);
            default -> now; // a gauge; without views there is nothing else
        };
    }

    private static PointData sum(LongPointData before, LongPointData now) {
        return ImmutableLongPointData.create(
                before.getStartEpochNanos(),
                now.getEpochNanos(),
                now.getAttributes(),
                before.getValue() + now.getValue(),
                both(before.getExemplars(), now.getExemplars()));
    }

    private static PointData sum(DoublePointData before, DoublePointData now) {
        return ImmutableDoublePointData.create(
                before.getStartEpochNanos(),
                now.getEpochNanos(),
                now.getAttributes(),
                before.getValue() + now.getValue(),
                both(before.getExemplars(), now.getExemplars()));
    }

    private static PointData sum(HistogramPointData before, HistogramPointData now) {
        List<Long> counts = new ArrayList<>();
        for (int i = 0; i < now.getCounts().size(); i++) {
            counts.add(before.getCounts().get(i) + now.getCounts().get(i));
        }
        return ImmutableHistogramPointData.create(
                before.getStartEpochNanos(),
                now.getEpochNanos(),
                now.getAttributes(),
                before.getSum() + now.getSum(),
                now.hasMin(),
                Math.min(before.getMin(), now.getMin()),
                now.hasMax(),
                Math.max(before.getMax(), now.getMax()),
                now.getBoundaries(),
                counts,
                both(before.getExemplars(), now.getExemplars()));
    }

    private static <T> List<T> both(List<T> before, List<T> now) {
        List<T> both = new ArrayList<>(before);
        both.addAll(now);
        return both;
    }

    MetricData data() {
        MetricData metric = requireNonNull(latest, "nothing was added");
        return switch (metric.getType()) {
            case LONG_SUM ->
                likeLatest(
                        ImmutableMetricData::createLongSum,
                        ImmutableSumData.create(metric.getLongSumData().isMonotonic(), CUMULATIVE, all()));
            case DOUBLE_SUM ->
                likeLatest(
                        ImmutableMetricData::createDoubleSum,
                        ImmutableSumData.create(metric.getDoubleSumData().isMonotonic(), CUMULATIVE, all()));
            case HISTOGRAM ->
                likeLatest(
                        ImmutableMetricData::createDoubleHistogram, ImmutableHistogramData.create(CUMULATIVE, all()));
            case LONG_GAUGE -> likeLatest(ImmutableMetricData::createLongGauge, ImmutableGaugeData.create(all()));
            case DOUBLE_GAUGE -> likeLatest(ImmutableMetricData::createDoubleGauge, ImmutableGaugeData.create(all()));
            default -> metric; // without views there is nothing else
        };
    }

    private interface Factory<D> {
        MetricData create(
                Resource resource,
                InstrumentationScopeInfo scope,
                String name,
                String description,
                String unit,
                D data);
    }

    private <D> MetricData likeLatest(Factory<D> factory, D data) {
        MetricData metric = requireNonNull(latest, "nothing was added");
        return factory.create(
                metric.getResource(),
                metric.getInstrumentationScopeInfo(),
                metric.getName(),
                metric.getDescription(),
                metric.getUnit(),
                data);
    }

    @SuppressWarnings("unchecked") // the points of one metric are of one type
    private <T extends PointData> Collection<T> all() {
        return List.copyOf((Collection<T>) points.values());
    }
}
