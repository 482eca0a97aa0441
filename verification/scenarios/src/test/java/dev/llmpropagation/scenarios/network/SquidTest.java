package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.scenarios.matrix.Mode;
import dev.llmpropagation.scenarios.matrix.Sdk;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A company's proxy that asks for a password, in front of plain HTTP and of TLS. */
class SquidTest {

    @RegisterExtension
    static final Nginx nginx = new Nginx();

    @RegisterExtension
    static final Squid squid = new Squid();

    private final String plainTarget = Squid.KNOWN_HOST + ':' + nginx.origin.port();
    private final String tunnelTarget = Squid.KNOWN_HOST + ':' + nginx.tlsPort();
    private final Network network = Network.http(squid.port(), Squid.USER, Squid.PASSWORD);
    private final Passage plain = new Passage(network, "http://" + plainTarget, squid.port());
    private final Passage tunnel =
            new Passage(network.trusting(nginx.certificates.authority), "https://" + tunnelTarget, squid.port());

    @EachCall
    void plainCall_goesThroughSquid(Sdk sdk, Mode mode) throws Exception {
        Origin.Received request = plain.verify(sdk, mode, nginx.origin);

        assertThat(request.headers()).doesNotContainKey("proxy-authorization");
        assertThat(request.header("via")).contains("squid");
        Passage.awaitLog(squid, Squid.USER + " POST http://" + plainTarget + request.target() + " 200 ");
    }

    @EachCall
    void tlsCall_goesThroughATunnelOfSquid(Sdk sdk, Mode mode) throws Exception {
        Origin.Received request = tunnel.verify(sdk, mode, nginx.origin);

        assertThat(request.headers()).doesNotContainKey("proxy-authorization");
        assertThat(request.header(Nginx.PROTOCOL_HEADER)).isEqualTo("HTTP/2.0");
        Passage.awaitLog(squid, Squid.USER + " CONNECT " + tunnelTarget + " 200 traceparent=- session=- keys=--");
        assertThat(squid.accessLog()).noneMatch(line -> line.contains("https:"));
    }

    @EachStream
    void plainStream_arrivesChunkByChunk(Sdk sdk, Mode mode) throws Exception {
        plain.verifyUnbuffered(sdk, mode, nginx.origin);
    }

    @EachStream
    void tlsStream_arrivesChunkByChunk(Sdk sdk, Mode mode) throws Exception {
        tunnel.verifyUnbuffered(sdk, mode, nginx.origin);
    }

    /** Without the exception, these settings send calls to the loopback interface through squid, too. */
    @EachCall
    void exceptionOfTheProxy_isReachedDirectly(Sdk sdk, Mode mode) throws Exception {
        Origin.Received request = new Passage(
                        network.except("localhost:" + nginx.origin.port()),
                        "http://localhost:" + nginx.origin.port(),
                        nginx.origin.port())
                .verify(sdk, mode, nginx.origin);

        assertThat(request.headers()).doesNotContainKeys("proxy-authorization", "via");
        assertThat(squid.accessLog()).isEmpty();
    }
}
