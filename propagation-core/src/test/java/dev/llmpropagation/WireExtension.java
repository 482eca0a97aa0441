package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.fixtures.ServiceWire;
import dev.llmpropagation.testkit.LlmServer;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A server that records what it got, and an SDK that records what was exported. Fails a test whose spans do not end. */
public final class WireExtension extends ServiceWire {

    private final List<OkHttpClient> clients = new ArrayList<>();
    private String answer = "";

    public WireExtension() {
        super(LlmServer.openAi());
    }

    /** The server {@link #answers} this in each test. */
    public WireExtension answering(String text) {
        answer = text;
        return this;
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        super.beforeEach(context);
        if (!answer.isEmpty()) {
            answers(answer);
        }
    }

    @Override
    protected void check() {
        await().untilAsserted(
                        () -> assertThat(telemetry.openSpans()).as("spans open").isEmpty());
    }

    @Override
    protected void release() {
        for (OkHttpClient client : clients) {
            client.dispatcher().executorService().shutdown();
            client.connectionPool().evictAll();
        }
    }

    public LlmPropagationBuilder propagation() {
        return LlmPropagation.builder(openTelemetry).diagnostics(diagnostics::add);
    }

    /** A client of this server, released after the test. */
    public OkHttpClient client(LlmPropagation propagation, OkHttpClient.Builder builder) {
        OkHttpClient client = propagation.instrument(builder, url("/")).build();
        clients.add(client);
        return client;
    }

    public OkHttpClient client(LlmPropagationBuilder builder) {
        return client(builder.build(), new OkHttpClient.Builder());
    }

    public OkHttpClient client(OkHttpClient.Builder builder) {
        return client(propagation().build(), builder);
    }

    public OkHttpClient client() {
        return client(propagation().build(), new OkHttpClient.Builder());
    }

    /** A client of this server over https, which means HTTP/2. */
    public OkHttpClient secureClient() throws GeneralSecurityException {
        return secureClient(propagation().build());
    }

    public OkHttpClient secureClient(LlmPropagation propagation) throws GeneralSecurityException {
        return secureClient(propagation, new OkHttpClient.Builder());
    }

    public OkHttpClient secureClient(LlmPropagation propagation, OkHttpClient.Builder builder)
            throws GeneralSecurityException {
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, new TrustManager[] {service.trustManager()}, null);
        OkHttpClient client = propagation
                .instrument(builder.sslSocketFactory(tls.getSocketFactory(), service.trustManager()), secureUrl("/"))
                .build();
        clients.add(client);
        return client;
    }

    public String secureUrl(String path) {
        return "https://localhost:" + server.httpsPort() + path;
    }

    /** Runs with a span of the program's current, and returns it, ended. */
    public Span inSpan(String name, ThrowingRunnable body) throws Exception {
        Span span = telemetry.startSpan(name);
        try (Scope ignored = span.makeCurrent()) {
            body.run();
        } finally {
            span.end();
        }
        return span;
    }

    public SpanData attempt() {
        return attempts(1).get(0);
    }

    /** The server answers all requests with this text. */
    public void answers(String text) {
        answer = text;
        answers(ok(text));
    }

    /** What the server {@link #answers} must come to the client. */
    public void get(OkHttpClient client, String url) throws IOException {
        assertThat(Requests.body(client, Requests.get(url))).isEqualTo(answer);
    }

    /** In the requests in the order they came. */
    public List<String> sent(String header) {
        return requests().stream().map(request -> request.getHeader(header)).toList();
    }

    public LoggedRequest request() {
        assertThat(requests()).hasSize(1);
        return requests().get(0);
    }

    /** Runs a body that may throw. */
    @FunctionalInterface
    public interface ThrowingRunnable {
        void run() throws Exception;
    }
}
