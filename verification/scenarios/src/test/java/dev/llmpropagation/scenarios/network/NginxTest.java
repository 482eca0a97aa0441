package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.scenarios.matrix.Mode;
import dev.llmpropagation.scenarios.matrix.Sdk;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A gateway with a certificate of the company's own authority, over HTTP/2. */
class NginxTest {

    private static final String CALLS = "dev.llmpropagation.scenarios.network.Passage#calls";
    private static final String STREAMS = "dev.llmpropagation.scenarios.network.Passage#streams";
    private static final Certificates CERTIFICATES = new Certificates();

    @RegisterExtension
    static final Origin origin = new Origin();

    @RegisterExtension
    static final Nginx nginx = new Nginx(CERTIFICATES, origin);

    private final Network network = Network.direct().trusting(CERTIFICATES.authority);
    private final Passage tls = new Passage(network, "https://localhost:" + nginx.tlsPort(), nginx.tlsPort());

    @ParameterizedTest
    @MethodSource(CALLS)
    void call_trustsTheCompanysAuthority(Sdk sdk, Mode mode) throws Exception {
        Origin.Received request = tls.verify(sdk, mode, origin);

        assertThat(request.header(Nginx.PROTOCOL_HEADER)).isEqualTo("HTTP/2.0");
        Passage.awaitLog(nginx, nginx.tlsPort() + " HTTP/2.0 POST ");
    }

    @ParameterizedTest
    @MethodSource(CALLS)
    void call_showsTheClientsCertificate(Sdk sdk, Mode mode) throws Exception {
        Origin.Received request = new Passage(
                        network.identity(CERTIFICATES.client),
                        "https://localhost:" + nginx.mutualPort(),
                        nginx.mutualPort())
                .verify(sdk, mode, origin);

        assertThat(request.header(Nginx.PROTOCOL_HEADER)).isEqualTo("HTTP/2.0");
        assertThat(request.header(Nginx.CLIENT_HEADER)).isEqualTo("CN=client");
        Passage.awaitLog(nginx, nginx.mutualPort() + " HTTP/2.0 POST ");
    }

    @ParameterizedTest
    @MethodSource(STREAMS)
    void stream_arrivesChunkByChunk(Sdk sdk, Mode mode) throws Exception {
        tls.verifyUnbuffered(sdk, mode, origin);
    }
}
