package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.doctor.trace.OtlpReceiver;
import dev.llmpropagation.network.ProxySettings;
import dev.llmpropagation.scenarios.samples.ExporterSamples;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The exporter of spans knows of a proxy what it is told, and nothing else. */
class ExporterTest {

    @RegisterExtension
    static final Squid squid = new Squid();

    private final ProxySettings proxy =
            ProxySettings.http("127.0.0.1", squid.port()).includingLoopback();
    private OtlpReceiver collector;

    @BeforeEach
    void start() throws IOException {
        collector = OtlpReceiver.start();
    }

    @AfterEach
    void stop() {
        collector.close();
    }

    @Test
    void pitfall_72_exporterWithProxyOptions_goesThroughSquid() {
        export(proxy);

        assertThat(collector.requests())
                .singleElement()
                .satisfies(headers -> assertThat(headers).containsKey("via").doesNotContainKey("proxy-authorization"));
        Passage.awaitLog(squid, Squid.USER + " POST " + collector.tracesEndpoint() + " 200 ");
    }

    @Test
    void exporterToAnExceptionOfTheProxy_goesDirectlyAndKeepsThePassword() {
        export(proxy.except("localhost"));

        assertThat(collector.requests()).singleElement().satisfies(headers -> assertThat(headers)
                .doesNotContainKeys("via", "proxy-authorization"));
        assertThat(squid.accessLog()).isEmpty();
    }

    private void export(ProxySettings settings) {
        try (OtlpHttpSpanExporter exporter =
                ExporterSamples.exporter(collector.endpoint(), settings, Squid.USER, Squid.PASSWORD)) {
            OneSpan.exportBy(exporter);
            assertThat(exporter.toString()).doesNotContain("MARKER");
        }
        assertThat(collector.spans()).hasSize(1);
    }
}
