package dev.llmpropagation.verification.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.daemon.DaemonTelemetry;
import dev.llmpropagation.daemon.DaemonTelemetryBuilder;
import dev.llmpropagation.sdk.SdkShutdown;
import dev.llmpropagation.sdk.SessionSpanProcessor;
import dev.llmpropagation.verification.doctor.daemon.AgentDaemon;
import dev.llmpropagation.verification.doctor.daemon.DaemonClient;
import dev.llmpropagation.verification.doctor.daemon.Models;
import dev.llmpropagation.verification.trace.OtlpReceiver;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.logs.export.SimpleLogRecordProcessor;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.testing.exporter.InMemoryLogRecordExporter;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/**
 * The daemon of the running example, with what it exports, over real processes. Its OpenTelemetry has no propagator: the hop
 * to the child needs none.
 */
final class RunningDaemon implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(60);

    private final InMemorySpanExporter spans = InMemorySpanExporter.create();
    private final InMemoryLogRecordExporter logs = InMemoryLogRecordExporter.create();
    private final InMemoryMetricReader metrics = InMemoryMetricReader.create();
    private final AtomicInteger open = new AtomicInteger();
    private final OpenTelemetrySdk sdk;
    private List<SpanData> exported = List.of();
    private List<LogRecordData> logged = List.of();

    final OtlpReceiver collector = OtlpReceiver.start();
    final Models models = Models.start();
    final AgentDaemon daemon;
    final DaemonClient client;

    RunningDaemon(UnaryOperator<DaemonTelemetryBuilder> options) throws Exception {
        sdk = OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .addSpanProcessor(SessionSpanProcessor.create())
                        .addSpanProcessor(new Counter())
                        .addSpanProcessor(SimpleSpanProcessor.create(spans))
                        .addSpanProcessor(BatchSpanProcessor.builder(OtlpHttpSpanExporter.builder()
                                        .setEndpoint(collector.tracesEndpoint())
                                        .build())
                                .build())
                        .build())
                .setLoggerProvider(SdkLoggerProvider.builder()
                        .addLogRecordProcessor(SimpleLogRecordProcessor.create(logs))
                        .build())
                .setMeterProvider(
                        SdkMeterProvider.builder().registerMetricReader(metrics).build())
                .build();
        DaemonTelemetry telemetry = options.apply(DaemonTelemetry.builder(sdk)).build();
        daemon = AgentDaemon.start(telemetry, collector.endpoint(), models.openAiUrl(), models.geminiUrl());
        client = new DaemonClient(daemon.url());
    }

    /** Waits until the model service got a request with this in it. */
    void awaitRequest(String text) {
        await().atMost(PATIENCE).until(() -> models.received().stream()
                .anyMatch(request -> request.body().contains(text)));
    }

    /** The daemon's own spans, with their events; after {@link #stop}. */
    List<SpanData> spans() {
        return exported;
    }

    /** After {@link #stop}. */
    List<LogRecordData> logs() {
        return logged;
    }

    long gauge(String name) {
        return metrics.collectAllMetrics().stream()
                .filter(metric -> metric.getName().equals(name))
                .flatMap(metric -> metric.getLongGaugeData().getPoints().stream())
                .mapToLong(LongPointData::getValue)
                .sum();
    }

    /** The daemon and its child end, and all is with the collector then. */
    void stop() throws Exception {
        daemon.close();
        exported = spans.getFinishedSpanItems(); // the exporters forget at their shutdown
        logged = logs.getFinishedLogRecordItems();
        assertThat(SdkShutdown.within(sdk, PATIENCE)).isEmpty();
        assertThat(open).as("spans started and not ended").hasValue(0);
    }

    @Override
    public void close() throws Exception {
        daemon.close();
        SdkShutdown.within(sdk, PATIENCE);
        models.close();
        collector.close();
    }

    private final class Counter implements SpanProcessor {
        @Override
        public void onStart(Context parentContext, ReadWriteSpan span) {
            open.incrementAndGet();
        }

        @Override
        public boolean isStartRequired() {
            return true;
        }

        @Override
        public void onEnd(ReadableSpan span) {
            open.decrementAndGet();
        }

        @Override
        public boolean isEndRequired() {
            return true;
        }
    }
}
