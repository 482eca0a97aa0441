package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import com.openai.client.OpenAIClient;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.network.ProxySettings;
import dev.llmpropagation.scenarios.samples.TlsSamples;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLParameters;
import okhttp3.OkHttpClient;
import okhttp3.tls.HandshakeCertificates;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The samples of docs/networks.md on TLS, timeouts and phases do what the document says. */
class TlsSamplesTest {

    private static final Certificates CERTIFICATES = new Certificates();

    private final LlmPropagation propagation =
            LlmPropagation.builder(OpenTelemetry.noop()).build();
    private final List<String> readTimeouts = new CopyOnWriteArrayList<>();

    @TempDir
    Path directory;

    private HttpsServer server;

    @BeforeEach
    void start() throws IOException {
        start(true);
    }

    private void start(boolean asksForCertificate) throws IOException {
        HandshakeCertificates certificates = new HandshakeCertificates.Builder()
                .heldCertificate(CERTIFICATES.server)
                .addTrustedCertificate(CERTIFICATES.authority.certificate())
                .build();
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(certificates.sslContext()) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters ssl = getSSLContext().getDefaultSSLParameters();
                ssl.setNeedClientAuth(asksForCertificate);
                parameters.setSSLParameters(ssl);
            }
        });
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            byte[] answer = "{\"object\":\"list\",\"data\":[]}".getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void mutualTls_showsTheCertificate() throws Exception {
        Path ca = write("ca.pem", CERTIFICATES.authority.certificatePem());
        Path chain = write("chain.pem", CERTIFICATES.client.certificatePem());
        Path key = write("key.pem", CERTIFICATES.client.privateKeyPkcs8Pem());
        try (Client client = TlsSamples.mutualTls(propagation, ca, chain, key, pkcs12("secret"), () -> "secret")
                .client(sdk -> sdk.apiKey("key")
                        .httpOptions(HttpOptions.builder().baseUrl(url()).build()))) {
            assertThat(client.models.generateContent("m", "hi", null).candidates())
                    .isEmpty();
        }
    }

    @Test
    void inspectingProxy_isTrusted() throws Exception {
        stop();
        start(false);
        Path company = write("company.pem", CERTIFICATES.authority.certificatePem());
        OpenAIClient client = TlsSamples.inspectingProxy(propagation, ProxySettings.none(), company.toString())
                .client(sdk -> sdk.apiKey("key").baseUrl(url()));
        assertThat(client.models().list().items()).isEmpty();
        client.close();
    }

    @Test
    void connectionPhases_areOnTheSpan() throws Exception {
        RecordedTelemetry telemetry = RecordedTelemetry.create();
        OkHttpClient.Builder builder = Network.direct()
                .trusting(CERTIFICATES.authority)
                .identity(CERTIFICATES.client)
                .tls()
                .applyTo(new OkHttpClient.Builder());
        OkHttpClient client = TlsSamples.connectionPhases(telemetry.openTelemetry())
                .instrument(builder, url())
                .build();
        assertThat(Requests.body(client, Requests.get(url()))).isNotEmpty();
        assertThat(telemetry.attempt().getAttributes().asMap().keySet())
                .extracting(AttributeKey::getKey)
                .contains(
                        "llm_propagation.dns.duration",
                        "llm_propagation.connect.duration",
                        "llm_propagation.tls.duration",
                        "llm_propagation.time_to_request_sent",
                        "llm_propagation.time_to_first_byte");
    }

    @Test
    void connections_areToldToTheService() throws Exception {
        OpenAIClient client = TlsSamples.connections(propagation).client(sdk -> sdk.apiKey("key")
                .addInterceptor(chain -> {
                    readTimeouts.add(chain.request().header("X-Stainless-Read-Timeout"));
                    throw new IOException("enough");
                })
                .maxRetries(0)
                .baseUrl(url()));
        assertThatThrownBy(() -> client.models().list()).hasStackTraceContaining("enough");
        assertThat(readTimeouts).containsExactly("120");
        client.close();
    }

    private String url() {
        return "https://localhost:" + server.getAddress().getPort();
    }

    private Path pkcs12(String password) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry(
                "client", CERTIFICATES.client.keyPair().getPrivate(), password.toCharArray(), new Certificate[] {
                    CERTIFICATES.client.certificate()
                });
        Path file = directory.resolve("client.p12");
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, password.toCharArray());
        }
        return file;
    }

    private Path write(String name, String content) throws IOException {
        return Files.writeString(directory.resolve(name), content);
    }
}
