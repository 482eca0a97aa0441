package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.scenarios.matrix.Mode;
import dev.llmpropagation.scenarios.matrix.Sdk;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A small proxy that asks for a password, and a service on the loopback interface that is to be reached through it. */
class TinyproxyTest {

    @RegisterExtension
    static final Nginx nginx = new Nginx();

    @RegisterExtension
    static final Tinyproxy tinyproxy = new Tinyproxy();

    private final Network network = Network.http(tinyproxy.port(), Tinyproxy.USER, Tinyproxy.PASSWORD);

    @EachCall
    void plainCall_goesThroughTinyproxy(Sdk sdk, Mode mode) throws Exception {
        String url = "http://localhost:" + nginx.origin.port();

        Origin.Received request = new Passage(network, url, tinyproxy.port()).verify(sdk, mode, nginx.origin);

        assertThat(request.headers()).doesNotContainKey("proxy-authorization");
        assertThat(request.header("via")).contains("tinyproxy");
        Passage.awaitLog(tinyproxy, "POST " + url + request.target() + " HTTP/1.1");
    }

    @EachCall
    void tlsCall_goesThroughATunnelOfTinyproxy(Sdk sdk, Mode mode) throws Exception {
        String target = "localhost:" + nginx.tlsPort();

        Origin.Received request = new Passage(
                        network.trusting(nginx.certificates.authority), "https://" + target, tinyproxy.port())
                .verify(sdk, mode, nginx.origin);

        assertThat(request.headers()).doesNotContainKey("proxy-authorization");
        assertThat(request.header(Nginx.PROTOCOL_HEADER)).isEqualTo("HTTP/2.0");
        Passage.awaitLog(tinyproxy, "CONNECT " + target + " HTTP/1.1");
    }
}
