package dev.llmpropagation.scenarios.samples;

import io.opentelemetry.exporter.zipkin.ZipkinSpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProviderBuilder;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import zipkin2.reporter.urlconnection.URLConnectionSender;

/** The samples of docs/traces.md. */
public final class ZipkinSamples {

    private ZipkinSamples() {}

    /** @param zipkin {@code http://localhost:9411} where it runs as it comes */
    @SuppressWarnings("deprecation") // its last release, and Zipkin reads no OTLP
    public static void export(SdkTracerProviderBuilder tracerProvider, String zipkin) {
        // sample: zipkin
        SpanExporter exporter = ZipkinSpanExporter.builder()
                .setSender(URLConnectionSender.create(zipkin + "/api/v2/spans"))
                .build();
        tracerProvider.addSpanProcessor(BatchSpanProcessor.builder(exporter).build());
        // end
    }
}
