package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.absent;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static com.github.tomakehurst.wiremock.client.WireMock.permanentRedirect;
import static com.github.tomakehurst.wiremock.client.WireMock.serviceUnavailable;
import static com.github.tomakehurst.wiremock.client.WireMock.unauthorized;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.stubbing.Scenario;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import dev.llmpropagation.fixtures.Requests;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.util.List;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Interceptors that add what we add, or send what we send, before our steps and behind them. */
class LaterInterceptorsTest {

    private static final String THEIRS = "00-11111111111111111111111111111111-2222222222222222-01";

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    @BeforeEach
    void answer() {
        wire.answers(ok("hello"));
        wire.server.stubFor(any(urlEqualTo("/503"))
                .inScenario("503")
                .whenScenarioStateIs(Scenario.STARTED)
                .willReturn(serviceUnavailable())
                .willSetStateTo("well"));
        wire.server.stubFor(
                any(urlEqualTo("/401")).withHeader("Authorization", absent()).willReturn(unauthorized()));
        wire.answers("/from", permanentRedirect("/to"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"traceparent", "X-Qwen-Code-Session-Id"})
    void headerThatIsAddedBehindOurs_isTold(String name) throws IOException {
        get(behind(adding(name)), "/");

        assertThat(values(wire.request(), name)).hasSize(2).contains(THEIRS);
        wire.told().startsWith("A request went out with two values of");
    }

    @Test
    void headerThatIsAddedBefore_isReplaced() throws IOException {
        get(before(adding("traceparent")), "/");

        assertThat(values(wire.request(), "traceparent"))
                .singleElement()
                .asString()
                .contains(wire.attempt().getSpanId());
        assertThat(wire.diagnostics).isEmpty();
    }

    @Test
    void requestThatIsRepeatedBehindOurs_isTold() throws IOException {
        get(behind(LaterInterceptorsTest::repeating), "/503");

        assertThat(wire.requests()).hasSize(2);
        assertThat(wire.attempt().getEvents()).singleElement().satisfies(event -> assertThat(event.getName())
                .isEqualTo("llm_propagation.resent"));
        wire.told().contains("sent a request more than once: these are one attempt");
    }

    @Test
    void requestThatIsRepeatedBefore_isTwoAttempts() throws IOException {
        get(before(LaterInterceptorsTest::repeating), "/503");

        List<SpanData> attempts = wire.attempts(2);
        assertThat(wire.requests().get(0).getHeader("traceparent"))
                .contains(attempts.get(0).getSpanId());
        assertThat(wire.requests().get(1).getHeader("traceparent"))
                .contains(attempts.get(1).getSpanId());
        assertThat(wire.diagnostics).isEmpty();
    }

    @Test
    void requestThatOkHttpItselfRepeats_isNotTold() throws IOException {
        OkHttpClient client =
                wire.client(new OkHttpClient.Builder().authenticator((route, response) -> response.request()
                        .newBuilder()
                        .header("Authorization", "Bearer fresh")
                        .build()));
        get(client, "/401");
        get(client, "/from");

        assertThat(wire.requests()).hasSize(4);
        assertThat(wire.diagnostics).isEmpty();
    }

    private static Interceptor adding(String name) {
        return chain -> chain.proceed(
                chain.request().newBuilder().addHeader(name, THEIRS).build());
    }

    private static Response repeating(Interceptor.Chain chain) throws IOException {
        Response response = chain.proceed(chain.request());
        if (response.code() != 503) {
            return response;
        }
        response.close();
        return chain.proceed(chain.request());
    }

    private OkHttpClient behind(Interceptor interceptor) {
        return wire.client(wire.propagation().sessionId(() -> "s-1"))
                .newBuilder()
                .addInterceptor(interceptor)
                .build();
    }

    private OkHttpClient before(Interceptor interceptor) {
        return wire.client(
                wire.propagation().sessionId(() -> "s-1").build(),
                new OkHttpClient.Builder().addInterceptor(interceptor));
    }

    private void get(OkHttpClient client, String path) throws IOException {
        assertThat(Requests.body(client, Requests.get(wire.url(path)))).isEqualTo("hello");
    }

    private static List<String> values(LoggedRequest request, String name) {
        return request.header(name).values();
    }
}
