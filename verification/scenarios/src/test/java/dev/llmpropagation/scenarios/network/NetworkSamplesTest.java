package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.client.WireMock;
import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import com.openai.client.OpenAIClient;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.network.ProxySettings;
import dev.llmpropagation.scenarios.samples.ExporterSamples;
import dev.llmpropagation.scenarios.samples.NetworkSamples;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The samples of docs/networks.md do what the document says. */
class NetworkSamplesTest {

    @RegisterExtension
    final ProxyWire wire = new ProxyWire();

    @Test
    void companyProxy_servesBothSdksAndAnyOkHttpClient() throws Exception {
        RecordingProxy proxy = wire.closeLater(RecordingProxy.http("user", "marker"));
        ProxySettings settings = NetworkSamples.companyProxy("localhost", proxy.port(), () -> "marker");
        wire.answers(WireMock.okJson("{}"));

        OpenAIClient openai = NetworkSamples.openAi(wire.propagation, settings)
                .client(sdk -> sdk.baseUrl(wire.url("/v1")).apiKey("key"));
        wire.closeLater((AutoCloseable) openai::close);
        openai.models().list();
        Client gemini = wire.closeLater(
                NetworkSamples.gemini(wire.propagation, settings).client(sdk -> sdk.apiKey("key")
                        .httpOptions(HttpOptions.builder().baseUrl(wire.url("")).build())));
        gemini.models.generateContent("m", "hi", null);
        OkHttpClient any = NetworkSamples.okHttp(wire.propagation, settings, wire.url("/"));
        assertThat(Requests.status(any, Requests.get(wire.url("/")))).isEqualTo(200);

        assertThat(proxy.asked).hasSize(3).allSatisfy(asked -> assertThat(asked.answer())
                .isEqualTo(200));
        assertThat(wire.requests()).hasSize(3);
        assertThat(NetworkSamples.explain(settings))
                .isEqualTo("https://gw.corp.example is reached directly: it matches the exception .corp.example.");
    }

    @Test
    void otherSources_areSettingsToo() {
        assertThat(NetworkSamples.environment().toString()).startsWith("ProxySettings[");
        assertThat(NetworkSamples.socks("socks.corp.example", "user", "marker"))
                .hasToString("ProxySettings[socks5://socks.corp.example:1080 with credentials]");
    }

    @Test
    void exporter_goesThroughTheSameProxy() throws Exception {
        RecordingProxy proxy = wire.closeLater(RecordingProxy.http("user", "marker"));
        wire.answers(WireMock.ok());

        try (OtlpHttpSpanExporter exporter =
                ExporterSamples.exporter(wire.url(""), proxy.settings(), "user", "marker")) {
            OneSpan.exportBy(exporter);
        }

        assertThat(proxy.asked).singleElement().satisfies(asked -> assertThat(asked.line())
                .startsWith("POST " + wire.url("/v1/traces")));
    }
}
