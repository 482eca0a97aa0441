package dev.llmpropagation.scenarios.network;

import static dev.llmpropagation.scenarios.network.ProxyWire.HOST;
import static dev.llmpropagation.scenarios.network.ProxyWire.PASSWORD;
import static dev.llmpropagation.scenarios.network.ProxyWire.USER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.fixtures.Attributed;
import dev.llmpropagation.fixtures.LocalServer;
import dev.llmpropagation.network.ProxyException;
import dev.llmpropagation.network.ProxySettings;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.semconv.ErrorAttributes;
import io.opentelemetry.semconv.HttpAttributes;
import io.opentelemetry.semconv.NetworkAttributes;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A proxy that does not do what it should: what the program sees, and what spans say. */
class ProxyFailuresTest {

    @RegisterExtension
    final ProxyWire wire = new ProxyWire();

    @Test
    void wrongPassword_isToldOnceAndNamed() throws Exception {
        RecordingProxy proxy = wire.closeLater(RecordingProxy.http(USER, "another"));
        OkHttpClient client = wire.client(proxy.withCredentials());

        assertThatThrownBy(() -> ProxyWire.get(client, wire.secureUrl("/v1")))
                .isInstanceOfSatisfying(
                        ProxyException.class, e -> assertThat(e.reason()).isEqualTo(ProxyException.Reason.CREDENTIALS))
                .hasMessage("The proxy http://localhost:" + proxy.port() + " answered 407 to CONNECT " + HOST + ":"
                        + wire.server.httpsPort() + ": it does not accept this user name and password.")
                .satisfies(ProxyWire::hidesSecrets);

        assertThat(proxy.asked).hasSize(1);
        SpanData span = wire.attempts(1).get(0);
        ProxyWire.isThrough(span, proxy);
        assertThat(span.getAttributes().get(ErrorAttributes.ERROR_TYPE)).isEqualTo(ProxyException.class.getName());
        assertThat(span.getEvents()).singleElement().satisfies(event -> assertThat(
                        event.getAttributes().asMap().toString())
                .contains("answered 407 to CONNECT"));
    }

    /** As a service would answer. */
    @Test
    void wrongPasswordThatIsAnsweredBy401_isNamedAsOne() throws Exception {
        RecordingProxy proxy = wire.closeLater(RecordingProxy.http(USER, PASSWORD));
        proxy.connectAnswer = 401;
        OkHttpClient client = wire.client(proxy.withCredentials());

        assertThatThrownBy(() -> ProxyWire.get(client, wire.secureUrl("/v1")))
                .isInstanceOfSatisfying(
                        ProxyException.class, e -> assertThat(e.reason()).isEqualTo(ProxyException.Reason.CREDENTIALS))
                .hasMessage("The proxy http://localhost:" + proxy.port() + " answered 401 to CONNECT " + HOST + ":"
                        + wire.server.httpsPort() + ": it does not accept this user name and password.");
    }

    @Test
    void wrongPasswordForHttp_isAnAnswerOfTheProxy() throws Exception {
        RecordingProxy proxy = wire.closeLater(RecordingProxy.http(USER, "another"));
        OkHttpClient client = wire.client(proxy.withCredentials());

        try (Response response = ProxyWire.get(client, wire.url("/v1"))) {
            assertThat(response.code()).isEqualTo(407);
            assertThat(response.request().headers().names()).doesNotContain("Proxy-Authorization");
        }

        assertThat(proxy.asked).hasSize(1);
        assertThat(wire.attempts(1).get(0).getAttributes().get(HttpAttributes.HTTP_RESPONSE_STATUS_CODE))
                .isEqualTo(407);
    }

    @Test
    void wrongSocksPassword_isToldOnceAndNamed() throws Exception {
        RecordingProxy proxy = wire.closeLater(RecordingProxy.socks(USER, "another"));
        OkHttpClient client = wire.client(proxy.withCredentials());

        assertThatThrownBy(() -> ProxyWire.get(client, wire.secureUrl("/v1")))
                .isInstanceOf(ProxyException.class)
                .hasMessage("The proxy socks5://localhost:" + proxy.port()
                        + " does not accept this user name and password.")
                .satisfies(ProxyWire::hidesSecrets);

        assertThat(proxy.asked).hasSize(1);
        ProxyWire.isThrough(wire.attempts(1).get(0), proxy);
    }

    @Test
    void missingPassword_isNamed() throws Exception {
        RecordingProxy proxy = wire.closeLater(RecordingProxy.http(USER, PASSWORD));
        OkHttpClient client =
                wire.client(ProxySettings.http("localhost", proxy.port()).credentials(USER, () -> null));

        assertThatThrownBy(() -> ProxyWire.get(client, wire.secureUrl("/v1")))
                .isInstanceOf(ProxyException.class)
                .hasMessageEndingWith(": it wants credentials, and none are set.");
    }

    @Test
    void failingSupplier_isNamedWithoutItsMessage() throws Exception {
        RecordingProxy proxy = wire.closeLater(RecordingProxy.http(USER, PASSWORD));
        OkHttpClient client =
                wire.client(ProxySettings.http("localhost", proxy.port()).credentials(USER, () -> {
                    throw new IllegalStateException(PASSWORD);
                }));

        assertThatThrownBy(() -> ProxyWire.get(client, wire.secureUrl("/v1")))
                .isInstanceOf(ProxyException.class)
                .hasMessageEndingWith("failed with java.lang.IllegalStateException")
                .satisfies(ProxyWire::hidesSecrets);
    }

    @Test
    void refusedDestination_isNamed() throws Exception {
        RecordingProxy http = wire.closeLater(RecordingProxy.http(USER, PASSWORD));
        RecordingProxy socks = wire.closeLater(RecordingProxy.socks(USER, PASSWORD));
        http.connectAnswer = 403;
        socks.connectAnswer = 403;

        assertThatThrownBy(() -> ProxyWire.get(wire.client(http.withCredentials()), wire.secureUrl("/v1")))
                .isInstanceOfSatisfying(
                        ProxyException.class, e -> assertThat(e.reason()).isEqualTo(ProxyException.Reason.DESTINATION))
                .hasMessageEndingWith("answered 403 to CONNECT " + HOST + ":" + wire.server.httpsPort() + ".");
        assertThatThrownBy(() -> ProxyWire.get(wire.client(socks.withCredentials()), wire.secureUrl("/v1")))
                .isInstanceOf(ProxyException.class)
                .hasMessageEndingWith(
                        "did not connect to " + HOST + ":" + wire.server.httpsPort() + ": its rules do not allow it.");
    }

    @Test
    void proxyThatIsDown_isNamed() throws Exception {
        int port = LocalServer.closedPort();
        OkHttpClient client = wire.client(ProxySettings.http("localhost", port).credentials(USER, PASSWORD));

        assertThatThrownBy(() -> ProxyWire.get(client, wire.secureUrl("/v1")))
                .isInstanceOf(ConnectException.class)
                .hasStackTraceContaining("The proxy http://localhost:" + port + " cannot be connected to");
        assertThat(wire.attempts(1).get(0).getAttributes().get(NetworkAttributes.NETWORK_PEER_PORT))
                .isEqualTo(port);
    }

    @Test
    void proxyThatIsUnknown_isNamed() {
        OkHttpClient client =
                wire.client(ProxySettings.http("proxy.invalid", 3128).credentials(USER, PASSWORD));

        assertThatThrownBy(() -> ProxyWire.get(client, wire.secureUrl("/v1")))
                .isInstanceOf(UnknownHostException.class)
                .hasMessage("The proxy's name is not known: proxy.invalid");
    }

    @Test
    void proxyThatSpeaksSomethingElse_isNamed() throws Exception {
        OkHttpClient client = wire.client(ProxySettings.http("localhost", wire.server.httpsPort()));

        assertThatThrownBy(() -> ProxyWire.get(client, wire.secureUrl("/")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("The proxy http://localhost:" + wire.server.httpsPort());
    }

    @Test
    void proxyThatDoesNotAnswer_isNamed() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            for (ProxySettings settings : List.of(
                    ProxySettings.http("localhost", silent.getLocalPort()),
                    ProxySettings.socks5("localhost", silent.getLocalPort()))) {
                OkHttpClient client = wire.client(settings)
                        .newBuilder()
                        .readTimeout(Duration.ofMillis(300))
                        .build();
                assertThatThrownBy(() -> ProxyWire.get(client, wire.secureUrl("/")))
                        .isInstanceOf(SocketTimeoutException.class)
                        .hasStackTraceContaining("localhost:" + silent.getLocalPort());
            }
        }
        assertThat(wire.attempts(2)).extracting(Attributed::outcome).containsOnly("timed_out");
    }
}
