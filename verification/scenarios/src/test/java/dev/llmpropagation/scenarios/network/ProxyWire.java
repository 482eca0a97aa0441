package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.Attempts;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.fixtures.TrustAnybody;
import dev.llmpropagation.network.ProxySettings;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.semconv.NetworkAttributes;
import io.opentelemetry.semconv.ServerAttributes;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A service that only a proxy can find by its name, and the spans of the clients that ask it. */
final class ProxyWire implements BeforeEachCallback, AfterEachCallback {

    /** No resolver knows it. */
    static final String HOST = "model.service.invalid";

    /** Marker strings: where they turn up, a secret has leaked. */
    static final String USER = "marker-user";

    static final String PASSWORD = "marker:pass w\u00f6rd%@";

    final WireMockServer server = new WireMockServer(
            WireMockConfiguration.options().dynamicPort().dynamicHttpsPort().asynchronousResponseEnabled(true));
    final List<String> diagnostics = new CopyOnWriteArrayList<>();

    private final RecordedTelemetry telemetry = RecordedTelemetry.create();
    final OpenTelemetrySdk openTelemetry = telemetry.openTelemetry();
    final LlmPropagation propagation = LlmPropagation.builder(openTelemetry)
            .sessionId(() -> "s-1")
            .diagnostics(diagnostics::add)
            .build();

    private final List<AutoCloseable> opened = new ArrayList<>();

    @Override
    public void beforeEach(ExtensionContext context) {
        server.start();
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        try {
            assertThat(requests())
                    .allSatisfy(request -> assertThat(request.getHeaders().keys())
                            .noneMatch(name -> name.toLowerCase(Locale.ROOT).startsWith("proxy-")));
            assertNothingLeaked(telemetry.spans().toString());
            assertNothingLeaked(diagnostics.toString());
        } finally {
            for (AutoCloseable closeable : opened) {
                closeable.close();
            }
            server.stop();
            openTelemetry.close();
        }
    }

    static void assertNothingLeaked(String text) {
        assertThat(text).doesNotContain("marker", "bWFya2Vy"); // the same in Base64
    }

    <T extends AutoCloseable> T closeLater(T closeable) {
        opened.add(closeable);
        return closeable;
    }

    /** What clients start from: it trusts anybody. */
    OkHttpClient base() {
        OkHttpClient client = TrustAnybody.in(new OkHttpClient.Builder()).build();
        opened.add(() -> {
            client.dispatcher().executorService().shutdown();
            client.connectionPool().evictAll();
        });
        return client;
    }

    /** A client of the service by these settings, which trusts anybody. */
    OkHttpClient client(ProxySettings settings) {
        OkHttpClient.Builder builder = settings.applyTo(base().newBuilder());
        return propagation.instrument(builder, secureUrl("/")).build();
    }

    static Response get(OkHttpClient client, String url) throws IOException {
        return client.newCall(Requests.get(url)).execute();
    }

    /** The span is the service's, and the connection the proxy's. */
    static void isThrough(SpanData span, RecordingProxy proxy) {
        assertThat(span.getAttributes().get(ServerAttributes.SERVER_ADDRESS)).isEqualTo(HOST);
        assertThat(span.getAttributes().get(NetworkAttributes.NETWORK_PEER_ADDRESS))
                .isIn("127.0.0.1", "0:0:0:0:0:0:0:1");
        assertThat(span.getAttributes().get(NetworkAttributes.NETWORK_PEER_PORT))
                .isEqualTo(proxy.port());
    }

    static void hidesSecrets(Throwable failure) {
        StringWriter text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text));
        assertNothingLeaked(text.toString());
    }

    String secureUrl(String path) {
        return "https://" + HOST + ":" + server.httpsPort() + path;
    }

    String url(String path) {
        return "http://" + HOST + ":" + server.port() + path;
    }

    void answers(ResponseDefinitionBuilder response) {
        server.stubFor(WireMock.any(WireMock.anyUrl()).willReturn(response));
    }

    List<LoggedRequest> requests() {
        List<LoggedRequest> requests = new ArrayList<>();
        server.getAllServeEvents().forEach(event -> requests.add(0, event.getRequest()));
        return requests;
    }

    List<SpanData> attempts(int count) {
        return Attempts.of(telemetry, count);
    }
}
