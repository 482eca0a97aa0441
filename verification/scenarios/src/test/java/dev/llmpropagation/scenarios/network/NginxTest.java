package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.scenarios.matrix.Mode;
import dev.llmpropagation.scenarios.matrix.Sdk;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A gateway with a certificate of the company's own authority, over HTTP/2. */
class NginxTest {

    @RegisterExtension
    static final Nginx nginx = new Nginx();

    private final Network network = Network.direct().trusting(nginx.certificates.authority);
    private final Passage tls = new Passage(network, "https://localhost:" + nginx.tlsPort(), nginx.tlsPort());

    @EachCall
    void call_trustsTheCompanysAuthority(Sdk sdk, Mode mode) throws Exception {
        Origin.Received request = tls.verify(sdk, mode, nginx.origin);

        assertThat(request.header(Nginx.PROTOCOL_HEADER)).isEqualTo("HTTP/2.0");
        Passage.awaitLog(nginx, nginx.tlsPort() + " HTTP/2.0 POST ");
    }

    @EachCall
    void call_showsTheClientsCertificate(Sdk sdk, Mode mode) throws Exception {
        Origin.Received request = new Passage(
                        network.identity(nginx.certificates.client),
                        "https://localhost:" + nginx.mutualPort(),
                        nginx.mutualPort())
                .verify(sdk, mode, nginx.origin);

        assertThat(request.header(Nginx.PROTOCOL_HEADER)).isEqualTo("HTTP/2.0");
        assertThat(request.header(Nginx.CLIENT_HEADER)).isEqualTo("CN=client");
        Passage.awaitLog(nginx, nginx.mutualPort() + " HTTP/2.0 POST ");
    }

    @EachStream
    void stream_arrivesChunkByChunk(Sdk sdk, Mode mode) throws Exception {
        tls.verifyUnbuffered(sdk, mode, nginx.origin);
    }
}
