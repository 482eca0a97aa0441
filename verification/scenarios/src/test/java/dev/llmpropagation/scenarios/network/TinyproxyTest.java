package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.scenarios.matrix.Mode;
import dev.llmpropagation.scenarios.matrix.Sdk;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A small proxy that asks for a password, and a service on the loopback interface that is to be reached through it. */
class TinyproxyTest {

    private static final String CALLS = "dev.llmpropagation.scenarios.network.Passage#calls";
    private static final Certificates CERTIFICATES = new Certificates();

    @RegisterExtension
    static final Origin origin = new Origin();

    @RegisterExtension
    static final Nginx nginx = new Nginx(CERTIFICATES, origin);

    @RegisterExtension
    static final Tinyproxy tinyproxy = new Tinyproxy();

    private final Network network = Network.http(tinyproxy.port(), Tinyproxy.USER, Tinyproxy.PASSWORD);

    @ParameterizedTest
    @MethodSource(CALLS)
    void plainCall_goesThroughTinyproxy(Sdk sdk, Mode mode) throws Exception {
        String url = "http://localhost:" + origin.port();

        Origin.Received request = new Passage(network, url, tinyproxy.port()).verify(sdk, mode, origin);

        assertThat(request.headers()).doesNotContainKey("proxy-authorization");
        assertThat(request.header("via")).contains("tinyproxy");
        Passage.awaitLog(tinyproxy, "POST " + url + request.target() + " HTTP/1.1");
    }

    @ParameterizedTest
    @MethodSource(CALLS)
    void tlsCall_goesThroughATunnelOfTinyproxy(Sdk sdk, Mode mode) throws Exception {
        String target = "localhost:" + nginx.tlsPort();

        Origin.Received request = new Passage(
                        network.trusting(CERTIFICATES.authority), "https://" + target, tinyproxy.port())
                .verify(sdk, mode, origin);

        assertThat(request.headers()).doesNotContainKey("proxy-authorization");
        assertThat(request.header(Nginx.PROTOCOL_HEADER)).isEqualTo("HTTP/2.0");
        Passage.awaitLog(tinyproxy, "CONNECT " + target + " HTTP/1.1");
    }
}
