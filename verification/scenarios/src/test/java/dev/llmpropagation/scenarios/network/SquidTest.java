package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.scenarios.matrix.Mode;
import dev.llmpropagation.scenarios.matrix.Sdk;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A company's proxy that asks for a password, in front of plain HTTP and of TLS. */
class SquidTest {

    private static final String CALLS = "dev.llmpropagation.scenarios.network.Passage#calls";
    private static final String STREAMS = "dev.llmpropagation.scenarios.network.Passage#streams";

    private static final Certificates CERTIFICATES = new Certificates();

    @RegisterExtension
    static final Origin origin = new Origin();

    @RegisterExtension
    static final Nginx nginx = new Nginx(CERTIFICATES, origin);

    @RegisterExtension
    static final Squid squid = new Squid();

    private final String plainTarget = Squid.KNOWN_HOST + ':' + origin.port();
    private final String tunnelTarget = Squid.KNOWN_HOST + ':' + nginx.tlsPort();
    private final Network network = Network.http(squid.port(), Squid.USER, Squid.PASSWORD);
    private final Passage plain = new Passage(network, "http://" + plainTarget, squid.port());
    private final Passage tunnel =
            new Passage(network.trusting(CERTIFICATES.authority), "https://" + tunnelTarget, squid.port());

    @ParameterizedTest
    @MethodSource(CALLS)
    void plainCall_goesThroughSquid(Sdk sdk, Mode mode) throws Exception {
        Origin.Received request = plain.verify(sdk, mode, origin);

        assertThat(request.headers()).doesNotContainKey("proxy-authorization");
        assertThat(request.header("via")).contains("squid");
        Passage.awaitLog(squid, Squid.USER + " POST http://" + plainTarget + request.target() + " 200 ");
    }

    @ParameterizedTest
    @MethodSource(CALLS)
    void tlsCall_goesThroughATunnelOfSquid(Sdk sdk, Mode mode) throws Exception {
        Origin.Received request = tunnel.verify(sdk, mode, origin);

        assertThat(request.headers()).doesNotContainKey("proxy-authorization");
        assertThat(request.header(Nginx.PROTOCOL_HEADER)).isEqualTo("HTTP/2.0");
        Passage.awaitLog(squid, Squid.USER + " CONNECT " + tunnelTarget + " 200 traceparent=- session=- keys=--");
        assertThat(squid.accessLog()).noneMatch(line -> line.contains("https:"));
    }

    @ParameterizedTest
    @MethodSource(STREAMS)
    void plainStream_arrivesChunkByChunk(Sdk sdk, Mode mode) throws Exception {
        plain.verifyUnbuffered(sdk, mode, origin);
    }

    @ParameterizedTest
    @MethodSource(STREAMS)
    void tlsStream_arrivesChunkByChunk(Sdk sdk, Mode mode) throws Exception {
        tunnel.verifyUnbuffered(sdk, mode, origin);
    }

    /** Without the exception, these settings send calls to the loopback interface through squid, too. */
    @ParameterizedTest
    @MethodSource(CALLS)
    void exceptionOfTheProxy_isReachedDirectly(Sdk sdk, Mode mode) throws Exception {
        Origin.Received request = new Passage(
                        network.except("localhost:" + origin.port()),
                        "http://localhost:" + origin.port(),
                        origin.port())
                .verify(sdk, mode, origin);

        assertThat(request.headers()).doesNotContainKeys("proxy-authorization", "via");
        assertThat(squid.accessLog()).isEmpty();
    }
}
