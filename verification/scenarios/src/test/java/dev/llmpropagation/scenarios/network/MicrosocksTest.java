package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.scenarios.matrix.Mode;
import dev.llmpropagation.scenarios.matrix.Sdk;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A SOCKS5 proxy that asks for a password, and looks up the names of services itself. */
class MicrosocksTest {

    private static final String CALLS = "dev.llmpropagation.scenarios.network.Passage#calls";
    private static final Certificates CERTIFICATES = new Certificates();

    @RegisterExtension
    static final Origin origin = new Origin();

    @RegisterExtension
    static final Nginx nginx = new Nginx(CERTIFICATES, origin);

    @RegisterExtension
    static final Microsocks microsocks = new Microsocks();

    private final Network network = Network.socks(microsocks.port(), Microsocks.USER, Microsocks.PASSWORD);

    @ParameterizedTest
    @MethodSource(CALLS)
    void plainCall_goesThroughMicrosocks(Sdk sdk, Mode mode) throws Exception {
        String target = "localhost:" + origin.port();

        new Passage(network, "http://" + target, microsocks.port()).verify(sdk, mode, origin);

        Passage.awaitLog(microsocks, "connected to " + target);
    }

    @ParameterizedTest
    @MethodSource(CALLS)
    void tlsCall_goesThroughMicrosocks(Sdk sdk, Mode mode) throws Exception {
        String target = "localhost:" + nginx.tlsPort();

        Origin.Received request = new Passage(
                        network.trusting(CERTIFICATES.authority), "https://" + target, microsocks.port())
                .verify(sdk, mode, origin);

        assertThat(request.header(Nginx.PROTOCOL_HEADER)).isEqualTo("HTTP/2.0");
        Passage.awaitLog(microsocks, "connected to " + target);
    }
}
