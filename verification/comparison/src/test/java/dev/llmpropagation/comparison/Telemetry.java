package dev.llmpropagation.comparison;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What one instrumentation exported of one call, as lines that can be compared: where, and what. */
final class Telemetry implements AutoCloseable {

    private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
    private final InMemoryMetricReader metrics = InMemoryMetricReader.create();
    private final Map<String, String> lines = new TreeMap<>();

    final OpenTelemetrySdk sdk = OpenTelemetrySdk.builder()
            .setTracerProvider(SdkTracerProvider.builder()
                    .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                    .build())
            .setMeterProvider(
                    SdkMeterProvider.builder().registerMetricReader(metrics).build())
            .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
            .build();

    /** Notes how many spans have ended although the body has not been read. */
    void headersRead() {
        lines.put(
                "spans ended before the body was read",
                Integer.toString(clientSpans().size()));
    }

    Map<String, String> lines(Span caller) {
        List<SpanData> spans = clientSpans();
        lines.put("spans", Integer.toString(spans.size()));
        for (int i = 0; i < spans.size(); i++) {
            span("span " + i + " ", spans.get(i), caller);
        }
        metrics.collectAllMetrics().forEach(this::metric);
        return lines;
    }

    private List<SpanData> clientSpans() {
        return exporter.getFinishedSpanItems().stream()
                .filter(span -> span.getKind() == SpanKind.CLIENT)
                .sorted(Comparator.comparing(SpanData::getStartEpochNanos))
                .toList();
    }

    private void span(String where, SpanData span, Span caller) {
        lines.put(where + "scope", span.getInstrumentationScopeInfo().getName());
        lines.put(where + "schema", "" + span.getInstrumentationScopeInfo().getSchemaUrl());
        lines.put(where + "name", span.getName());
        lines.put(where + "kind", span.getKind().name());
        lines.put(
                where + "status",
                span.getStatus().getStatusCode() + span.getStatus().getDescription());
        lines.put(
                where + "parent",
                span.getParentSpanId().equals(caller.getSpanContext().getSpanId()) ? "caller" : "?");
        attributes(where, span.getAttributes());
        for (EventData event : span.getEvents()) {
            lines.put(where + "event", event.getName());
            attributes(where + event.getName() + " ", event.getAttributes());
        }
    }

    private void metric(MetricData metric) {
        String where = metric.getName() + " ";
        lines.put(where + "unit", metric.getUnit());
        lines.put(where + "description", metric.getDescription());
        List<HistogramPointData> points = metric.getHistogramData().getPoints().stream()
                .sorted(Comparator.comparing(point -> point.getAttributes().toString(), Comparator.reverseOrder()))
                .toList();
        for (int i = 0; i < points.size(); i++) {
            String point = where + i + " ";
            lines.put(point + "count", Long.toString(points.get(i).getCount()));
            lines.put(point + "buckets", points.get(i).getBoundaries().toString());
            attributes(point, points.get(i).getAttributes());
        }
    }

    private void attributes(String where, Attributes attributes) {
        attributes.forEach((key, value) -> lines.put(where + key.getKey(), shown(key.getKey(), value)));
    }

    /** Of what no two runs have in common, only what they must have in common. */
    private static String shown(String key, Object value) {
        return switch (key) {
            case "exception.stacktrace" -> value.toString().lines().findFirst().orElse("");
            case "llm_propagation.time_to_first_byte" -> (double) value > 0 ? "seconds" : value.toString();
            default -> value.toString();
        };
    }

    @Override
    public void close() {
        sdk.close();
    }
}
