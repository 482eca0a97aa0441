package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.scenarios.matrix.Mode;
import dev.llmpropagation.scenarios.matrix.Sdk;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A SOCKS5 proxy that asks for a password, and looks up the names of services itself. */
class MicrosocksTest {

    @RegisterExtension
    static final Nginx nginx = new Nginx();

    @RegisterExtension
    static final Microsocks microsocks = new Microsocks();

    private final Network network = Network.socks(microsocks.port(), Microsocks.USER, Microsocks.PASSWORD);

    @EachCall
    void plainCall_goesThroughMicrosocks(Sdk sdk, Mode mode) throws Exception {
        String target = "localhost:" + nginx.origin.port();

        new Passage(network, "http://" + target, microsocks.port()).verify(sdk, mode, nginx.origin);

        Passage.awaitLog(microsocks, "connected to " + target);
    }

    @EachCall
    void tlsCall_goesThroughMicrosocks(Sdk sdk, Mode mode) throws Exception {
        String target = "localhost:" + nginx.tlsPort();

        Origin.Received request = new Passage(
                        network.trusting(nginx.certificates.authority), "https://" + target, microsocks.port())
                .verify(sdk, mode, nginx.origin);

        assertThat(request.header(Nginx.PROTOCOL_HEADER)).isEqualTo("HTTP/2.0");
        Passage.awaitLog(microsocks, "connected to " + target);
    }
}
