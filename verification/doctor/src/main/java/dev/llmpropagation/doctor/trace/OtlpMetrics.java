package dev.llmpropagation.doctor.trace;

import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import java.util.List;
import java.util.stream.Stream;

/** Reads metrics from OTLP: counters, gauges and histograms. */
final class OtlpMetrics {

    private OtlpMetrics() {}

    static List<MetricPoint> of(ResourceMetrics resource) {
        String service = OtlpSpans.service(resource.getResource());
        return resource.getScopeMetricsList().stream()
                .flatMap(scope -> scope.getMetricsList().stream())
                .flatMap(metric -> points(metric, service))
                .toList();
    }

    private static Stream<MetricPoint> points(Metric metric, String service) {
        if (metric.hasHistogram()) {
            return metric.getHistogram().getDataPointsList().stream()
                    .map(point -> point(
                            metric, service, point.getAttributesList(), (double) point.getCount(), point.getSum()));
        }
        if (metric.hasExponentialHistogram()) {
            return metric.getExponentialHistogram().getDataPointsList().stream()
                    .map(point -> point(
                            metric, service, point.getAttributesList(), (double) point.getCount(), point.getSum()));
        }
        List<NumberDataPoint> points = metric.hasSum()
                ? metric.getSum().getDataPointsList()
                : metric.getGauge().getDataPointsList();
        return points.stream().map(point -> {
            double value = point.hasAsInt() ? (double) point.getAsInt() : point.getAsDouble();
            return point(metric, service, point.getAttributesList(), value, value);
        });
    }

    private static MetricPoint point(
            Metric metric, String service, List<KeyValue> attributes, double value, double sum) {
        return new MetricPoint(
                metric.getName(),
                metric.getUnit(),
                service,
                OtlpSpans.attributes(attributes),
                value,
                sum,
                metric.hasHistogram() || metric.hasExponentialHistogram());
    }
}
