package dev.llmpropagation.scenarios.samples;

import dev.llmpropagation.network.ProxySettings;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.common.export.ProxyOptions;
import okhttp3.Credentials;

/** The sample of docs/networks.md about the exporter of spans. */
public final class ExporterSamples {

    private ExporterSamples() {}

    public static OtlpHttpSpanExporter exporter(String collector, ProxySettings proxy, String user, String password) {
        // sample: exporterProxy
        OtlpHttpSpanExporter exporter = OtlpHttpSpanExporter.builder()
                .setEndpoint(collector + "/v1/traces")
                .setProxy(ProxyOptions.create(proxy.selector()))
                .addHeader("Proxy-Authorization", Credentials.basic(user, password))
                .build();
        // end
        return exporter;
    }
}
