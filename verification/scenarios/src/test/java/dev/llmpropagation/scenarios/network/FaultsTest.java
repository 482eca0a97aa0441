package dev.llmpropagation.scenarios.network;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.genai.errors.ClientException;
import com.google.genai.errors.GenAiIOException;
import com.openai.errors.OpenAIIoException;
import com.openai.errors.OpenAIServiceException;
import dev.llmpropagation.scenarios.matrix.Mode;
import dev.llmpropagation.scenarios.matrix.Sdk;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import java.util.logging.Logger;
import java.util.stream.Stream;
import okhttp3.Credentials;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a program gets when its network does not work: the SDK's own exception, whose causes say where it failed, and one
 * attempt that has ended. No secret is in what it gets, in what is exported or in what is said.
 */
class FaultsTest {

    private static final String WRONG = "WRONG:p@ss/MARKER";

    @RegisterExtension
    static final Nginx nginx = new Nginx();

    @RegisterExtension
    static final Squid squid = new Squid();

    @RegisterExtension
    static final Microsocks microsocks = new Microsocks();

    @RegisterExtension
    static final StrictServer strict = new StrictServer(nginx.certificates);

    @RegisterExtension
    final Said said = new Said();

    private enum Failure {
        WRONG_PASSWORD("407", "407", () -> squid(WRONG), () -> plain(Squid.KNOWN_HOST)),
        WRONG_PASSWORD_FOR_TUNNEL(
                "dev.llmpropagation.network.ProxyException",
                "answered 407 to CONNECT",
                () -> squid(WRONG),
                () -> tls(Squid.KNOWN_HOST, nginx.tlsPort())),
        WRONG_PASSWORD_FOR_SOCKS(
                "dev.llmpropagation.network.ProxyException",
                "The proxy socks5://127.0.0.1:",
                () -> Network.socks(microsocks.port(), Microsocks.USER, WRONG),
                () -> plain("localhost")),
        PROXY_DOWN(
                "java.net.ConnectException",
                "The proxy http://127.0.0.1:1 cannot be connected to",
                () -> Network.http(1, Squid.USER, Squid.PASSWORD),
                () -> tls(Squid.KNOWN_HOST, nginx.tlsPort())),
        PROXY_REFUSES_TUNNEL(
                "dev.llmpropagation.network.ProxyException",
                "answered 403 to CONNECT forbidden.test",
                () -> squid(Squid.PASSWORD),
                () -> tls(Squid.FORBIDDEN_HOST, nginx.tlsPort())),
        UNKNOWN_AUTHORITY(
                "javax.net.ssl.SSLHandshakeException",
                "unable to find valid certification path",
                Network::direct,
                () -> tls("localhost", nginx.tlsPort())),
        CERTIFICATE_OF_ANOTHER_NAME(
                "javax.net.ssl.SSLPeerUnverifiedException",
                "127.0.0.1 not verified",
                () -> Network.direct().trusting(nginx.certificates.authority),
                () -> tls("127.0.0.1", nginx.tlsPort())),
        CERTIFICATE_EXPIRED(
                "javax.net.ssl.SSLHandshakeException",
                "NotAfter",
                () -> Network.direct().trusting(nginx.certificates.authority),
                () -> tls("localhost", nginx.expiredPort())),
        NO_CLIENT_CERTIFICATE(
                "400",
                "400",
                () -> Network.direct().trusting(nginx.certificates.authority),
                () -> tls("localhost", nginx.mutualPort())),
        NO_CLIENT_CERTIFICATE_IN_THE_HANDSHAKE(
                "javax.net.ssl.SSLHandshakeException",
                "Received fatal alert",
                () -> Network.direct().trusting(nginx.certificates.authority),
                () -> tls("localhost", strict.port())),
        UNKNOWN_CLIENT_CERTIFICATE(
                "400",
                "400",
                () -> Network.direct()
                        .trusting(nginx.certificates.authority)
                        .identity(nginx.certificates.strangersClient),
                () -> tls("localhost", nginx.mutualPort())),
        UNKNOWN_NAME("java.net.UnknownHostException", "model.invalid", Network::direct, () -> plain("model.invalid"));

        private final String errorType;
        private final String cause;
        private final Supplier<Network> network;
        private final Supplier<String> url;

        Failure(String errorType, String cause, Supplier<Network> network, Supplier<String> url) {
            this.errorType = errorType;
            this.cause = cause;
            this.network = network;
            this.url = url;
        }

        /** What the SDK throws for an answer with this status, or where there was none. */
        private Class<?> exceptionOf(Sdk sdk) {
            boolean answered = Character.isDigit(errorType.charAt(0));
            if (sdk == Sdk.OPENAI) {
                return answered ? OpenAIServiceException.class : OpenAIIoException.class;
            }
            return answered ? ClientException.class : GenAiIOException.class;
        }

        private static Network squid(String password) {
            return Network.http(squid.port(), Squid.USER, password).trusting(nginx.certificates.authority);
        }

        private static String plain(String host) {
            return "http://" + host + ':' + nginx.origin.port();
        }

        private static String tls(String host, int port) {
            return "https://" + host + ':' + port;
        }
    }

    static Stream<Arguments> cells() {
        return Stream.of(Failure.values())
                .flatMap(failure -> Passage.calls().map(call -> Arguments.of(failure, call.get()[0], call.get()[1])));
    }

    @ParameterizedTest
    @MethodSource("cells")
    void failure_isTheSdksOwn_andNamesItsStage(Failure failure, Sdk sdk, Mode mode) throws Exception {
        Logger.getLogger("program").finest("logs are caught");
        try (Program program = new Program(sdk, failure.network.get(), failure.url.get())) {
            Throwable thrown = unwrapped(catchThrowable(() -> program.call(mode)));

            assertThat(nginx.origin.received()).isEmpty();
            SpanData attempt = program.attempt();
            assertThat(text(attempt, "error.type")).isEqualTo(failure.errorType);
            assertThat(attempt.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
            assertThat(thrown).isInstanceOf(failure.exceptionOf(sdk));
            String trace = stackTrace(thrown);
            assertThat(trace).contains(failure.cause);
            assertThat(said.text()).contains("logs are caught");
            for (String text : List.of(trace, program.spans().toString(), program.toString(), said.text())) {
                assertThat(text).doesNotContain(secrets());
            }
        }
    }

    private static String stackTrace(Throwable thrown) {
        StringWriter trace = new StringWriter();
        thrown.printStackTrace(new PrintWriter(trace));
        return trace.toString();
    }

    private static Throwable unwrapped(Throwable thrown) {
        return thrown instanceof ExecutionException || thrown instanceof CompletionException
                ? unwrapped(thrown.getCause())
                : thrown;
    }

    private static String[] secrets() {
        return new String[] {
            "MARKER",
            Credentials.basic(Squid.USER, Squid.PASSWORD),
            Credentials.basic(Squid.USER, WRONG),
            nginx.certificates
                    .strangersClient
                    .privateKeyPkcs8Pem()
                    .lines()
                    .toList()
                    .get(1)
        };
    }
}
