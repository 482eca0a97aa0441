package dev.llmpropagation.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.SpanExtension;
import dev.llmpropagation.internal.span.Api;
import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.Metric;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.PointData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Fails a test, too, that leaves a Context current. */
final class DaemonExtension extends SpanExtension implements AutoCloseable {

    /** Headers as a map, one value each. */
    static final TextMapGetter<Map<String, String>> HEADERS = new TextMapGetter<>() {
        @Override
        @SuppressWarnings("deprecation") // abstract in the oldest API that we support
        public Iterable<String> keys(Map<String, String> carrier) {
            return carrier.keySet();
        }

        @Override
        public @Nullable String get(@Nullable Map<String, String> carrier, String key) {
            return carrier == null ? null : carrier.get(key);
        }
    };

    private final List<DaemonTelemetry> all = new ArrayList<>();

    final DaemonTelemetry daemon = with(options -> options);

    DaemonExtension() {
        super(RecordedTelemetry.create());
    }

    DaemonTelemetry with(UnaryOperator<DaemonTelemetryBuilder> options) {
        DaemonTelemetry made = options.apply(
                        DaemonTelemetry.builder(sdk).nanoTime(clock::get).diagnostics(diagnostics::add))
                .build();
        all.add(made);
        return made;
    }

    /** One that has started. */
    DaemonRequest request(String method, String path) {
        return daemon.request(method, path).start();
    }

    /** One that has started. */
    BridgeSpan bridge(BridgeOperation operation) {
        return daemon.bridge(operation).start();
    }

    SpanData span(DaemonSpan handle) {
        return span(handle.spanContext());
    }

    /** The only span there is. */
    SpanData span() {
        assertThat(spans()).hasSize(1);
        return spans().get(0);
    }

    List<LogRecordData> events(LogEvent event) {
        return telemetry.logs().stream()
                .filter(log -> event.eventName.equals(Api.eventName(log)))
                .toList();
    }

    Stream<PointData> points(Metric metric) {
        return metrics().stream()
                .filter(data -> data.getName().equals(metric.metricName))
                .flatMap(data -> data.getData().getPoints().stream());
    }

    /** Sum over the points of a counter, a gauge, or the count of a histogram. */
    long total(Metric metric) {
        return points(metric)
                .mapToLong(point -> point instanceof LongPointData number
                        ? number.getValue()
                        : ((HistogramPointData) point).getCount())
                .sum();
    }

    static @Nullable String string(SpanData span, Attribute attribute) {
        return span.getAttributes().get(attribute.<String>key());
    }

    static @Nullable Long number(SpanData span, Attribute attribute) {
        return span.getAttributes().get(attribute.<Long>key());
    }

    static @Nullable String string(LogRecordData log, Attribute attribute) {
        return log.getAttributes().get(attribute.<String>key());
    }

    static @Nullable String label(PointData point, String name) {
        return point.getAttributes().get(AttributeKey.stringKey(name));
    }

    @Override
    protected void check() {
        assertThat(all).allSatisfy(made -> assertThat(made.openSpans()).isZero());
        assertThat(Context.current()).isSameAs(Context.root());
    }

    @Override
    public void close() {
        sdk.close();
    }
}
