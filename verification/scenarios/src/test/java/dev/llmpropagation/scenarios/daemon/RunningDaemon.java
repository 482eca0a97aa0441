package dev.llmpropagation.scenarios.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.daemon.DaemonTelemetry;
import dev.llmpropagation.daemon.DaemonTelemetryBuilder;
import dev.llmpropagation.doctor.daemon.Models;
import dev.llmpropagation.doctor.trace.OtlpReceiver;
import dev.llmpropagation.examples.daemon.AgentDaemon;
import dev.llmpropagation.examples.daemon.DaemonClient;
import dev.llmpropagation.examples.daemon.Exports;
import dev.llmpropagation.fixtures.SpanCounts;
import dev.llmpropagation.sdk.SdkShutdown;
import dev.llmpropagation.sdk.SessionSpanProcessor;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.time.Duration;
import java.util.function.UnaryOperator;

/**
 * The daemon of the running example, with what it exports, over real processes. Its OpenTelemetry has no propagator: the hop
 * to the child needs none.
 */
final class RunningDaemon implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(60);

    private final InMemoryMetricReader metrics = InMemoryMetricReader.create();
    private final SpanCounts counter = new SpanCounts();
    private final OpenTelemetrySdk sdk;

    final OtlpReceiver collector = OtlpReceiver.start();
    final Models models = Models.start();
    final AgentDaemon daemon;
    final DaemonClient client;

    RunningDaemon(UnaryOperator<DaemonTelemetryBuilder> options) throws Exception {
        sdk = OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .addSpanProcessor(SessionSpanProcessor.create())
                        .addSpanProcessor(counter)
                        .addSpanProcessor(BatchSpanProcessor.builder(OtlpHttpSpanExporter.builder()
                                        .setEndpoint(collector.tracesEndpoint())
                                        .build())
                                .build())
                        .build())
                .setLoggerProvider(SdkLoggerProvider.builder()
                        .addLogRecordProcessor(BatchLogRecordProcessor.builder(OtlpHttpLogRecordExporter.builder()
                                        .setEndpoint(collector.endpoint() + "/v1/logs")
                                        .build())
                                .build())
                        .build())
                .setMeterProvider(
                        SdkMeterProvider.builder().registerMetricReader(metrics).build())
                .build();
        DaemonTelemetry telemetry = options.apply(DaemonTelemetry.builder(sdk).errorKinds("RemoteError"))
                .build();
        daemon = AgentDaemon.start(telemetry, Exports.to(collector.endpoint()), models.openAiUrl(), models.geminiUrl());
        client = new DaemonClient(daemon.url());
    }

    /** Waits until the model service got a request with this in it. */
    void awaitRequest(String text) {
        await().atMost(PATIENCE).until(() -> models.received().stream()
                .anyMatch(request -> request.body().contains(text)));
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
        assertThat(SdkShutdown.within(sdk, PATIENCE)).isEmpty();
        assertThat(counter.open()).as("spans started and not ended").isZero();
    }

    @Override
    public void close() throws Exception {
        daemon.close();
        SdkShutdown.within(sdk, PATIENCE);
        models.close();
        collector.close();
    }
}
