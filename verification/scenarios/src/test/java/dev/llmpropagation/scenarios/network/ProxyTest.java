package dev.llmpropagation.scenarios.network;

import static dev.llmpropagation.scenarios.network.ProxyWire.HOST;
import static dev.llmpropagation.scenarios.network.ProxyWire.PASSWORD;
import static dev.llmpropagation.scenarios.network.ProxyWire.USER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.client.WireMock;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.fixtures.WrittenBody;
import dev.llmpropagation.network.ConnectionSettings;
import dev.llmpropagation.network.ProxySettings;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.semconv.NetworkAttributes;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Any OkHttpClient through a proxy: what the proxy hears, what the service hears, and what the spans say. */
class ProxyTest {

    /** Of unknown length, so it is sent in chunks. */
    private static final RequestBody CHUNKS = WrittenBody.by(sink -> {
        sink.writeUtf8("a".repeat(50_000));
        sink.flush();
        sink.writeUtf8("b".repeat(50_000));
    });

    @RegisterExtension
    final ProxyWire wire = new ProxyWire();

    @Test
    void https_goesThroughConnectWithCredentialsUnasked() throws Exception {
        RecordingProxy proxy = wire.closeLater(RecordingProxy.http(USER, PASSWORD));
        wire.answers(WireMock.ok("yes"));
        OkHttpClient client = wire.client(proxy.withCredentials());

        for (int i = 0; i < 2; i++) {
            try (Response response = ProxyWire.get(client, wire.secureUrl("/v1"))) {
                assertThat(response.body().string()).isEqualTo("yes");
                assertThat(response.protocol()).isEqualTo(Protocol.HTTP_2);
            }
        }

        assertThat(proxy.asked).singleElement().satisfies(asked -> {
            assertThat(asked.line()).isEqualTo("CONNECT " + HOST + ":" + wire.server.httpsPort() + " HTTP/1.1");
            assertThat(asked.headerNames())
                    .containsExactlyInAnyOrder("host", "proxy-connection", "user-agent", "proxy-authorization");
        });
        assertThat(wire.requests()).hasSize(2).allSatisfy(request -> assertThat(request.getHeader("traceparent"))
                .isNotNull());
        assertThat(wire.attempts(2)).allSatisfy(span -> ProxyWire.isThrough(span, proxy));
    }

    @Test
    void connectionPhases_countTheTunnelAsConnecting() throws Exception {
        RecordingProxy proxy = wire.closeLater(RecordingProxy.http(USER, PASSWORD));
        wire.answers(WireMock.ok("yes"));
        LlmPropagation propagation = LlmPropagation.builder(wire.openTelemetry)
                .connectionPhases(true)
                .build();
        OkHttpClient.Builder builder =
                proxy.withCredentials().applyTo(wire.base().newBuilder());
        OkHttpClient client =
                propagation.instrument(builder, wire.secureUrl("/")).build();
        answered(client, Requests.get(wire.secureUrl("/")));

        SpanData span = wire.attempts(1).get(0);
        ProxyWire.isThrough(span, proxy);
        assertThat(span.getAttributes().asMap().keySet())
                .extracting(AttributeKey::getKey)
                .contains(
                        "llm_propagation.dns.duration",
                        "llm_propagation.connect.duration",
                        "llm_propagation.tls.duration",
                        "llm_propagation.time_to_request_sent");
    }

    @Test
    void none_isDirectWhateverTheJvmSays() throws Exception {
        wire.answers(WireMock.ok("yes"));
        Map<String, String> properties = Map.of(
                "socksProxyHost", "127.0.0.1",
                "socksProxyPort", "1", // nobody is there
                "socksNonProxyHosts", "");
        Request request = Requests.get("http://127.0.0.1:" + wire.server.port() + "/");
        properties.forEach(System::setProperty);
        try {
            assertThatThrownBy(() -> answered(wire.client(ProxySettings.system()), request))
                    .isInstanceOf(IOException.class);
            answered(wire.client(ProxySettings.none()), request);
        } finally {
            properties.keySet().forEach(System::clearProperty);
        }
        assertThat(wire.attempts(2)).hasSize(2);
    }

    @Test
    @Timeout(60) // without a ping it would wait for ever
    void ping_showsThatAConnectionIsDead() throws Exception {
        RecordingProxy proxy = wire.closeLater(RecordingProxy.http());
        wire.answers(WireMock.ok("yes"));
        OkHttpClient.Builder builder =
                proxy.settings().applyTo(wire.base().newBuilder().retryOnConnectionFailure(false));
        ConnectionSettings.unchanged()
                .readTimeout(Duration.ZERO)
                .pingInterval(Duration.ofMillis(200))
                .applyTo(builder);
        OkHttpClient client =
                wire.propagation.instrument(builder, wire.secureUrl("/")).build();
        answered(client, Requests.get(wire.secureUrl("/")));

        proxy.frozen = true;
        assertThatThrownBy(() -> answered(client, Requests.get(wire.secureUrl("/"))))
                .isInstanceOf(IOException.class);
        assertThat(wire.attempts(2).get(1).getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
    }

    @Test
    void http_isForwardedOnOneConnectionWithCredentialsOnEachRequest() throws Exception {
        RecordingProxy proxy = wire.closeLater(RecordingProxy.http(USER, PASSWORD));
        wire.answers(WireMock.ok("yes"));
        OkHttpClient client = wire.client(proxy.withCredentials());

        answered(client, Requests.get(wire.url("/get?a=b")));
        answered(client, Requests.post(wire.url("/length"), RequestBody.create("{}\r\n\r\n", null)));
        answered(client, Requests.post(wire.url("/chunks"), CHUNKS));
        answered(client, Requests.post(wire.url("/empty"), RequestBody.create("", null)));
        answered(client, new Request.Builder().url(wire.url("/head")).head().build());

        assertThat(proxy.asked)
                .extracting(RecordingProxy.Asked::line)
                .containsExactly(
                        "GET " + wire.url("/get?a=b") + " HTTP/1.1",
                        "POST " + wire.url("/length") + " HTTP/1.1",
                        "POST " + wire.url("/chunks") + " HTTP/1.1",
                        "POST " + wire.url("/empty") + " HTTP/1.1",
                        "HEAD " + wire.url("/head") + " HTTP/1.1");
        assertThat(proxy.asked).allSatisfy(asked -> assertThat(asked.answer()).isEqualTo(200));
        assertThat(proxy.connections).as("one to the proxy, one from it").hasSize(2);
        assertThat(wire.requests().get(1).getBodyAsString()).isEqualTo("{}\r\n\r\n");
        assertThat(wire.requests().get(2).getBodyAsString()).isEqualTo("a".repeat(50_000) + "b".repeat(50_000));
        assertThat(wire.attempts(5)).allSatisfy(span -> ProxyWire.isThrough(span, proxy));
    }

    @Test
    void socks_carriesHttpsAndHttpAndResolvesNames() throws Exception {
        RecordingProxy proxy = wire.closeLater(RecordingProxy.socks(USER, PASSWORD));
        wire.answers(WireMock.ok("yes"));
        OkHttpClient client = wire.client(proxy.withCredentials());

        answered(client, Requests.get(wire.secureUrl("/v1")));
        answered(client, Requests.post(wire.url("/v1?a=b"), CHUNKS));
        answered(client, Requests.get(wire.url("/again")));

        assertThat(proxy.asked)
                .extracting(RecordingProxy.Asked::line)
                .containsExactly(
                        "SOCKS " + HOST + ":" + wire.server.httpsPort(), "SOCKS " + HOST + ":" + wire.server.port());
        assertThat(wire.requests()).extracting(request -> request.getUrl()).containsExactly("/v1", "/v1?a=b", "/again");
        assertThat(wire.attempts(3)).allSatisfy(span -> ProxyWire.isThrough(span, proxy));
    }

    @Test
    void socksWithoutCredentials_needsNone() throws Exception {
        RecordingProxy proxy = wire.closeLater(RecordingProxy.socks());
        wire.answers(WireMock.ok("yes"));
        OkHttpClient client =
                wire.client(ProxySettings.socks5("localhost", proxy.port()).includingLoopback());

        answered(client, Requests.get(wire.secureUrl("/")));
        answered(client, Requests.get("https://127.0.0.1:" + wire.server.httpsPort() + "/"));
        answered(client, Requests.get("https://[::ffff:127.0.0.1]:" + wire.server.httpsPort() + "/"));

        assertThat(proxy.asked)
                .extracting(RecordingProxy.Asked::line)
                .containsExactly(
                        "SOCKS " + HOST + ":" + wire.server.httpsPort(), "SOCKS 127.0.0.1:" + wire.server.httpsPort());
    }

    @Test
    void exception_isReachedDirectly() throws Exception {
        RecordingProxy proxy = wire.closeLater(RecordingProxy.http(USER, PASSWORD));
        wire.answers(WireMock.ok("yes"));
        OkHttpClient client =
                wire.client(proxy.withCredentials().includingLoopback().except("localhost"));

        answered(client, Requests.get("http://localhost:" + wire.server.port() + "/"));
        answered(client, Requests.get("http://127.0.0.1:" + wire.server.port() + "/"));

        assertThat(proxy.asked)
                .extracting(RecordingProxy.Asked::line)
                .containsExactly("GET http://127.0.0.1:" + wire.server.port() + "/ HTTP/1.1");
        assertThat(wire.requests()).hasSize(2);
    }

    @Test
    void loopback_isDirectUnlessToldOtherwise() throws Exception {
        RecordingProxy proxy = wire.closeLater(RecordingProxy.http());
        wire.answers(WireMock.ok("yes"));
        OkHttpClient client = wire.client(ProxySettings.http("localhost", proxy.port()));

        answered(client, Requests.get("http://localhost:" + wire.server.port() + "/"));
        answered(client, Requests.get("http://127.0.0.1:" + wire.server.port() + "/"));

        assertThat(proxy.asked).isEmpty();
    }

    @Test
    void otherProxyOfADerivedClient_isToldNothing() throws Exception {
        RecordingProxy ours = wire.closeLater(RecordingProxy.http(USER, PASSWORD));
        RecordingProxy other = wire.closeLater(RecordingProxy.http());
        wire.answers(WireMock.ok("yes"));
        Proxy another = new Proxy(Proxy.Type.HTTP, new InetSocketAddress("localhost", other.port()));
        OkHttpClient derived =
                wire.client(ours.withCredentials()).newBuilder().proxy(another).build();

        answered(derived, Requests.get(wire.secureUrl("/")));
        answered(derived, Requests.get(wire.url("/")));

        assertThat(other.asked).hasSize(2).allSatisfy(asked -> assertThat(asked.headerNames())
                .doesNotContain("proxy-authorization"));
    }

    @Test
    void redirectToAnotherRoute_leavesTheCredentialsBehind() throws Exception {
        RecordingProxy proxy = wire.closeLater(RecordingProxy.http(USER, PASSWORD));
        String direct = "http://localhost:" + wire.server.port() + "/direct";
        wire.server.stubFor(WireMock.get("/start").willReturn(WireMock.temporaryRedirect(direct)));
        wire.server.stubFor(WireMock.get("/direct").willReturn(WireMock.ok("yes")));

        // OkHttp's own redirects, which keep every header but Authorization.
        OkHttpClient plain =
                proxy.withCredentials().applyTo(wire.base().newBuilder()).build();
        try (Response response = ProxyWire.get(plain, wire.url("/start"))) {
            assertThat(response.body().string()).isEqualTo("yes");
        }

        assertThat(proxy.asked).hasSize(1);
        assertThat(wire.requests()).hasSize(2); // and none with Proxy-Authorization, as after each test
    }

    @Test
    void twoClients_keepTheirProxiesApart() throws Exception {
        RecordingProxy one = wire.closeLater(RecordingProxy.http(USER, "marker-1"));
        RecordingProxy two = wire.closeLater(RecordingProxy.socks(USER, "marker-2"));
        wire.answers(WireMock.ok("yes"));
        OkHttpClient first =
                wire.client(ProxySettings.http("localhost", one.port()).credentials(USER, "marker-1"));
        // Derived from the first, so they share a pool.
        OkHttpClient second = ProxySettings.socks5("localhost", two.port())
                .credentials(USER, "marker-2")
                .applyTo(first.newBuilder())
                .build();

        List<Thread> threads = List.of(
                new Thread(() -> answeredTwenty(first)), new Thread(() -> answeredTwenty(second)),
                new Thread(() -> answeredTwenty(first)), new Thread(() -> answeredTwenty(second)));
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(wire.requests()).hasSize(80);
        assertThat(one.asked).isNotEmpty().allSatisfy(asked -> assertThat(asked.answer())
                .isEqualTo(200));
        assertThat(two.asked).isNotEmpty().allSatisfy(asked -> assertThat(asked.answer())
                .isEqualTo(200));
        assertThat(wire.attempts(80).stream()
                        .map(span -> span.getAttributes().get(NetworkAttributes.NETWORK_PEER_PORT))
                        .filter(port -> port == one.port())
                        .count())
                .isEqualTo(40);
    }

    private void answeredTwenty(OkHttpClient client) {
        try {
            for (int i = 0; i < 20; i++) {
                answered(client, Requests.get(i % 2 == 0 ? wire.url("/") : wire.secureUrl("/")));
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void answered(OkHttpClient client, Request request) throws IOException {
        try (Response response = client.newCall(request).execute()) {
            assertThat(response.code()).isEqualTo(200);
            response.body().string();
        }
    }
}
