package dev.llmpropagation.examples.daemon;

import dev.llmpropagation.sdk.SessionSpanProcessor;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.zipkin.ZipkinSpanExporter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SdkTracerProviderBuilder;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import zipkin2.reporter.urlconnection.URLConnectionSender;

/**
 * Where telemetry goes: all three signals to a collector, and spans to Zipkin as well if it is there.
 *
 * @param collector as {@code OTEL_EXPORTER_OTLP_ENDPOINT} names it
 * @param zipkin base URL of the server, or null
 */
public record Exports(String collector, @Nullable String zipkin) {

    /** To a collector alone. */
    public static Exports to(String collector) {
        return new Exports(collector, null);
    }

    /** @param service name and, with an id of its own for each start, instance of the process */
    public OpenTelemetrySdk sdk(String service) {
        Resource resource = Resource.create(Attributes.of(
                AttributeKey.stringKey("service.name"),
                service,
                AttributeKey.stringKey("service.instance.id"),
                UUID.randomUUID().toString()));
        SdkMeterProvider meters = SdkMeterProvider.builder()
                .setResource(resource)
                .registerMetricReader(PeriodicMetricReader.builder(OtlpHttpMetricExporter.builder()
                                .setEndpoint(collector + "/v1/metrics")
                                .build())
                        .setInterval(Duration.ofSeconds(10))
                        .build())
                .build();
        return OpenTelemetrySdk.builder()
                // with the SDK's own metrics: how many spans were started, and how many have not ended
                .setTracerProvider(
                        spans(resource).setMeterProvider(() -> meters).build())
                .setMeterProvider(meters)
                .setLoggerProvider(SdkLoggerProvider.builder()
                        .setResource(resource)
                        .addLogRecordProcessor(BatchLogRecordProcessor.builder(OtlpHttpLogRecordExporter.builder()
                                        .setEndpoint(collector + "/v1/logs")
                                        .build())
                                .build())
                        .build())
                .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
                .build();
    }

    private SdkTracerProviderBuilder spans(Resource resource) {
        SdkTracerProviderBuilder spans = SdkTracerProvider.builder()
                .setResource(resource)
                .addSpanProcessor(SessionSpanProcessor.create())
                .addSpanProcessor(batch(OtlpHttpSpanExporter.builder()
                        .setEndpoint(collector + "/v1/traces")
                        .build()));
        return zipkin == null ? spans : spans.addSpanProcessor(batch(zipkin(zipkin)));
    }

    private static SpanProcessor batch(SpanExporter exporter) {
        return BatchSpanProcessor.builder(exporter)
                .setScheduleDelay(Duration.ofMillis(200))
                .build();
    }

    @SuppressWarnings("deprecation") // its last release, and Zipkin reads no OTLP
    private static SpanExporter zipkin(String url) {
        return ZipkinSpanExporter.builder()
                .setSender(URLConnectionSender.create(url + "/api/v2/spans"))
                .build();
    }
}
