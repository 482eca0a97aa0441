package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import dev.llmpropagation.fixtures.Attempts;
import dev.llmpropagation.testkit.LlmServer;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A server that records what it got, and an SDK that records what was exported. Fails a test whose spans do not end. */
public final class WireExtension implements BeforeEachCallback, AfterEachCallback {

    /** Its answers where a test wants a model's, and {@link #server} for stubs of all kinds. */
    public final LlmServer service = LlmServer.openAi();

    public final WireMockServer server = service.wireMock();
    public final RecordedTelemetry telemetry = RecordedTelemetry.create();
    public final OpenTelemetrySdk openTelemetry = telemetry.openTelemetry();
    public final List<String> diagnostics = new CopyOnWriteArrayList<>();

    private final List<OkHttpClient> clients = new ArrayList<>();
    private String answer = "";

    /** The server {@link #answers} this in each test. */
    public WireExtension answering(String text) {
        answer = text;
        return this;
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        service.beforeEach(context);
        if (!answer.isEmpty()) {
            answers(answer);
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        try {
            await().untilAsserted(() ->
                    assertThat(telemetry.openSpans()).as("spans open").isEmpty());
        } finally {
            for (OkHttpClient client : clients) {
                client.dispatcher().executorService().shutdown();
                client.connectionPool().evictAll();
            }
            service.afterEach(context);
            openTelemetry.close();
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

    public String url(String path) {
        return "http://localhost:" + server.port() + path;
    }

    /** The same server as another origin. */
    public String otherOrigin(String path) {
        return "http://127.0.0.1:" + server.port() + path;
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

    public Span startSpan(String name) {
        return openTelemetry
                .getTracer("program")
                .spanBuilder(name)
                .setParent(Context.root())
                .startSpan();
    }

    public List<SpanData> spans() {
        return telemetry.spans();
    }

    /** Attempts in the order they started, when this many have ended. */
    public List<SpanData> attempts(int count) {
        return Attempts.of(telemetry, count);
    }

    public SpanData attempt() {
        return attempts(1).get(0);
    }

    /** The span of the first model call. */
    public SpanData modelCall() {
        return spans().stream()
                .filter(span -> span.getName().startsWith("qwen-code.llm_request"))
                .findFirst()
                .orElseThrow();
    }

    /** The server answers all requests with this text. */
    public void answers(String text) {
        answer = text;
        server.stubFor(any(anyUrl()).willReturn(ok(text)));
    }

    /** What the server {@link #answers} must come to the client. */
    public void get(OkHttpClient client, String url) throws IOException {
        try (Response response =
                client.newCall(new Request.Builder().url(url).build()).execute()) {
            assertThat(response.body().string()).isEqualTo(answer);
        }
    }

    /** In the requests in the order they came. */
    public List<String> sent(String header) {
        return requests().stream().map(request -> request.getHeader(header)).toList();
    }

    /** Requests in the order they came. */
    public List<LoggedRequest> requests() {
        return service.requests();
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
