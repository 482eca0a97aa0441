package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static com.github.tomakehurst.wiremock.client.WireMock.temporaryRedirect;
import static com.github.tomakehurst.wiremock.client.WireMock.unauthorized;
import static dev.llmpropagation.fixtures.Attributed.texts;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import dev.llmpropagation.fixtures.Requests;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Response;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What a service or a part of the program may do over HTTP/2. There a request for another host can go by the same
 * connection, and a value of a header can have bytes that HTTP/1.1 has no way to send.
 */
class Http2ServiceTest {

    private static final List<String> OURS = List.of("traceparent", "X-Qwen-Code-Session-Id");

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    private final List<Protocol> protocols = new ArrayList<>();

    @BeforeEach
    void answer() {
        wire.answers(ok("hello"));
        wire.answers("/401", unauthorized());
        wire.answers("/from", temporaryRedirect(otherOrigin()));
    }

    @Test
    void authenticatorThatNamesAnotherHost_takesNoneOfOursThere() throws Exception {
        send(
                wire.secureClient(
                        propagation(), new OkHttpClient.Builder().authenticator((route, response) -> response.request()
                                .newBuilder()
                                .url(otherOrigin())
                                .build())),
                "/401");

        assertNothingOfOursElsewhere();
        wire.told().startsWith("An authenticator answered with a request for");
    }

    @Test
    void redirectToAnotherHost_takesNoneOfOursThere() throws Exception {
        send(wire.secureClient(propagation()), "/from");

        assertNothingOfOursElsewhere();
        assertThat(wire.attempts(2)).hasSize(2);
    }

    @Test
    void interceptorBehindOursThatNamesAnotherHost_isTold() throws Exception {
        OkHttpClient client = wire.secureClient(propagation())
                .newBuilder()
                .addInterceptor(chain -> chain.proceed(
                        chain.request().newBuilder().url(otherOrigin()).build()))
                .build();
        send(client, "/");

        assertThat(protocols).containsOnly(Protocol.HTTP_2);
        wire.told().startsWith("A request went to another origin with headers");
    }

    @Test
    void valuesOfHeaders_areVisibleAndBounded() throws Exception {
        LlmPropagation propagation =
                wire.propagation().capturedResponseHeaders(List.of("x-text")).build();
        try (RawHttp2Service service =
                new RawHttp2Service(Map.of("x-text", "a\u0000\u001b[31m\r\n\u202eb" + "c".repeat(9000)))) {
            OkHttpClient client = wire.client(
                    propagation, new OkHttpClient.Builder().protocols(List.of(Protocol.H2_PRIOR_KNOWLEDGE)));
            try (Response response = client.newCall(Requests.get(service.url())).execute()) {
                assertThat(response.header("x-text")).startsWith("a\u0000\u001b[31m\r\n");
            }
        }

        assertThat(texts(wire.attempt(), "http.response.header.x-text"))
                .containsExactly("a\ufffd\ufffd[31m\ufffd\ufffd\ufffdb" + "c".repeat(1012) + "…");
    }

    private void assertNothingOfOursElsewhere() {
        assertThat(protocols).containsOnly(Protocol.HTTP_2);
        assertThat(wire.requests()).hasSize(2);
        LoggedRequest first = wire.requests().get(0);
        LoggedRequest there = wire.requests().get(1);
        assertThat(first.getHeader("traceparent")).isNotNull();
        assertThat(first.getHeader("X-Qwen-Code-Session-Id")).isEqualTo("s-1");
        assertThat(there.getHost()).isEqualTo("127.0.0.1");
        OURS.forEach(name -> assertThat(there.getHeader(name)).as(name).isNull());
    }

    private LlmPropagation propagation() {
        return wire.propagation().sessionId(() -> "s-1").build();
    }

    private String otherOrigin() {
        return "https://127.0.0.1:" + wire.server.httpsPort() + "/";
    }

    private void send(OkHttpClient client, String path) throws IOException {
        OkHttpClient watched = client.newBuilder()
                .addNetworkInterceptor(chain -> {
                    Response response = chain.proceed(chain.request());
                    protocols.add(response.protocol());
                    return response;
                })
                .build();
        watched.newCall(Requests.get(wire.secureUrl(path))).execute().close();
    }
}
