package dev.llmpropagation.scenarios.samples;

import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.network.ConnectionSettings;
import dev.llmpropagation.network.ProxySettings;
import dev.llmpropagation.network.TlsSettings;
import dev.llmpropagation.openai.OpenAiClientFactory;
import io.opentelemetry.api.OpenTelemetry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;

/** The samples of docs/networks.md about TLS, timeouts and phases. */
public final class TlsSamples {

    private TlsSamples() {}

    public static OpenAiClientFactory inspectingProxy(
            LlmPropagation propagation, ProxySettings proxy, String companyCa) {
        // sample: inspectingProxy
        TlsSettings tls = TlsSettings.systemTrust().trust(Path.of(companyCa));
        OpenAiClientFactory openai =
                OpenAiClientFactory.builder(propagation).proxy(proxy).tls(tls).build();
        // end
        return openai;
    }

    public static GeminiClientFactory mutualTls(
            LlmPropagation propagation, Path ca, Path chain, Path key, Path p12, Supplier<String> password) {
        // sample: mutualTls
        TlsSettings pem = TlsSettings.systemTrust().trust(ca).clientCertificate(chain, key);
        TlsSettings pkcs12 = TlsSettings.systemTrust().trust(ca).clientCertificate(p12, password::get);
        GeminiClientFactory gemini =
                GeminiClientFactory.builder(propagation).tls(pem).build();
        // end
        return pkcs12.toString().equals(pem.toString()) ? gemini : GeminiClientFactory.create(propagation);
    }

    public static OpenAiClientFactory connections(LlmPropagation propagation) {
        // sample: connections
        ConnectionSettings connections = ConnectionSettings.forModelCalls()
                .readTimeout(Duration.ofMinutes(2))
                .maxRequests(200, 100);
        OpenAiClientFactory openai = OpenAiClientFactory.builder(propagation)
                .connections(connections)
                .build();
        // end
        return openai;
    }

    public static LlmPropagation connectionPhases(OpenTelemetry openTelemetry) {
        // sample: connectionPhases
        LlmPropagation propagation =
                LlmPropagation.builder(openTelemetry).connectionPhases(true).build();
        // end
        return propagation;
    }
}
