package dev.llmpropagation.testkit;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.testkit.Fault.Phase;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.BufferedSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class LlmServerTest {

    @RegisterExtension
    static final LlmServer openai = LlmServer.openAi();

    private final OkHttpClient client = new OkHttpClient.Builder()
            .retryOnConnectionFailure(false)
            .readTimeout(Duration.ofSeconds(30))
            .build();

    @Test
    void answers_areThoseOfOneTest() throws IOException {
        openai.willAnswer("first").thenAnswer("second");

        assertThat(ask()).contains("first");
        assertThat(ask()).contains("second");
        assertThat(ask()).contains("second");

        openai.willAnswer("third");
        assertThat(ask()).contains("third");
        openai.reset();
        assertThat(ask()).contains("call willAnswer", "each test begins without answers");
        assertThat(openai.requests()).hasSize(1);
    }

    @Test
    void answersBeforeTheStart_areRefused() {
        try (LlmServer server = LlmServer.openAi()) {
            assertThatThrownBy(() -> server.willAnswer("hello"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("call start()");
            assertThatThrownBy(() -> server.whenAsked(words -> true))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("call start()");
        }
    }

    @Test
    void stream_isSentEventByEvent() throws IOException {
        openai.willStream("he", "llo").with(new Fault.Stall(Phase.IN_BODY));

        try (Response response = client.newCall(streamed()).execute()) {
            BufferedSource events = response.body().source();
            assertThat(response.header("Llm-Server-Plan")).isNull();
            assertThat(events.readUtf8LineStrict()).startsWith("data: {").contains("\"role\":\"assistant\"");
            assertThat(events.readUtf8LineStrict()).isEmpty();
            assertThat(events.readUtf8LineStrict()).startsWith("data: {").contains("\"he\"");
        }
    }

    @Test
    void headers_comeBeforeTheFirstEvent() throws IOException {
        openai.willStream("hello").every(Duration.ofMinutes(5));

        try (Response response = client.newCall(streamed()).execute()) {
            assertThat(response.code()).isEqualTo(200);
            response.body().source().timeout().timeout(200, TimeUnit.MILLISECONDS);
            assertThatThrownBy(() -> response.body().source().readUtf8LineStrict())
                    .isInstanceOf(InterruptedIOException.class);
        }
    }

    @Test
    void answerThatTakesItsTime_sendsNothingBefore() {
        openai.willAnswer("hello").after(Duration.ofMinutes(5));

        assertTimesOut(document());
    }

    @Test
    void stall_lastsUntilTheClientGivesUp() {
        openai.willStall();

        assertTimesOut(streamed());
    }

    @Test
    void stall_endsWithTheServersReset() throws Exception {
        openai.willStall();
        CompletableFuture<Throwable> end = new CompletableFuture<>();
        CompletableFuture<Void> stalled = new CompletableFuture<>();
        Thread reader = new Thread(() -> {
            try (Response response = client.newCall(streamed()).execute()) {
                stalled.complete(null);
                response.body().string();
                end.complete(null);
            } catch (IOException e) {
                end.complete(e);
            }
        });
        reader.start();
        stalled.get(20, TimeUnit.SECONDS);

        openai.reset();

        assertThat(end.get(20, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
        reader.join();
    }

    static Stream<Fault> ends() {
        return Stream.of(Phase.values())
                .flatMap(phase ->
                        Stream.of(new Fault.Disconnect(phase), new Fault.Reset(phase), new Fault.Garbage(phase)));
    }

    @ParameterizedTest
    @MethodSource("ends")
    void fault_strikesInItsPhase(Fault fault) throws IOException {
        openai.willBreakWith(fault);

        StringBuilder seen = new StringBuilder();
        assertThatThrownBy(() -> {
                    try (Response response = client.newCall(streamed()).execute()) {
                        seen.append("headers ");
                        BufferedSource source = response.body().source();
                        while (!source.exhausted()) {
                            seen.append(source.readUtf8Line());
                        }
                    }
                })
                .isInstanceOf(IOException.class);

        switch (fault.phase()) {
            case BEFORE_HEADERS -> assertThat(seen).isEmpty();
            case AFTER_HEADERS -> assertThat(seen).doesNotContain("data");
            case IN_BODY -> assertThat(seen).doesNotContain("world");
            case BEFORE_END -> assertThat(seen.toString()).startsWith("headers ");
        }
    }

    @ParameterizedTest
    @EnumSource
    void stall_holdsInItsPhase(Phase phase) {
        openai.willBreakWith(new Fault.Stall(phase));

        assertTimesOut(streamed());
    }

    @Test
    void redirect_hasItsLocation() throws IOException {
        openai.willRedirectTo("https://other.example/v1");

        try (Response response = client.newBuilder()
                .followRedirects(false)
                .build()
                .newCall(document())
                .execute()) {
            assertThat(response.code()).isEqualTo(307);
            assertThat(response.header("Location")).isEqualTo("https://other.example/v1");
        }
    }

    @Test
    void secureServer_speaksHttp2ToThoseThatTrustIt() throws Exception {
        openai.willAnswer("hello");
        Request request = document()
                .newBuilder()
                .url(openai.secureBaseUrl() + "/chat/completions")
                .build();

        try (Response response =
                trusting(openai.trustManager()).newCall(request).execute()) {
            assertThat(response.protocol()).isEqualTo(Protocol.HTTP_2);
            assertThat(response.body().string()).contains("hello");
        }
        assertThatThrownBy(() -> client.newCall(request).execute().close()).isInstanceOf(SSLHandshakeException.class);
        assertThat(openai.certificatePem()).startsWith("-----BEGIN CERTIFICATE-----\n");
    }

    @Test
    void stubsOfWireMock_winOverAnswers() throws IOException {
        openai.willAnswer("hello");
        openai.wireMock().stubFor(get("/v1/models").willReturn(okJson("{\"data\":[]}")));
        openai.wireMock()
                .stubFor(get("/slow").willReturn(aResponse().withBody("slow").withChunkedDribbleDelay(2, 10)));

        assertThat(body(new Request.Builder().url(openai.baseUrl() + "/models").build()))
                .isEqualTo("{\"data\":[]}");
        assertThat(body(new Request.Builder()
                        .url(openai.baseUrl().replace("/v1", "/slow"))
                        .build()))
                .isEqualTo("slow");
        assertThat(ask()).contains("hello");
    }

    @Test
    void lastRequest_saysWhereItListens_ifNoneCame() {
        assertThatThrownBy(openai::lastRequest)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(openai.baseUrl())
                .hasMessageContaining("is that the client's base URL?");
    }

    @Test
    void lastRequest_isTheLastOfAll() throws IOException {
        openai.willAnswer("hello");
        body(document());
        body(new Request.Builder().url(openai.baseUrl() + "/other").build());

        assertThat(openai.requests()).hasSize(2);
        assertThat(openai.lastRequest().getUrl()).isEqualTo("/v1/other");
    }

    @Test
    void serverThatDoesNotRun_saysHowToRunIt() {
        try (LlmServer stopped = LlmServer.gemini()) {
            assertThatThrownBy(stopped::baseUrl)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("@RegisterExtension, or call start()");
        }
    }

    @Test
    void serverWithoutJUnit_canBeStartedAgain() throws Exception {
        LlmServer server = LlmServer.openAi().start();
        server.start().close();
        server.close();
        try (server) {
            server.start().willAnswer("again");
            assertThat(body(document()
                            .newBuilder()
                            .url(server.baseUrl() + "/chat/completions")
                            .build()))
                    .contains("again");
            Request secure = document()
                    .newBuilder()
                    .url(server.secureBaseUrl() + "/chat/completions")
                    .build();
            try (Response response =
                    trusting(server.trustManager()).newCall(secure).execute()) {
                assertThat(response.protocol()).isEqualTo(Protocol.HTTP_2);
                assertThat(response.body().string()).contains("again");
            }
        }
    }

    @Test
    void pausesWithoutBound_areLongerThanAnybodyWaits() throws IOException {
        Duration withoutBound = Duration.ofSeconds(Long.MAX_VALUE);
        openai.willFail(503).retryAfter(withoutBound);
        try (Response response = client.newCall(streamed()).execute()) {
            assertThat(response.code()).isEqualTo(503);
            assertThat(response.header("Retry-After"))
                    .isEqualTo(Long.toString(Duration.ofDays(365).toSeconds()));
        }
        openai.willStream("hello").every(withoutBound);
        try (Response response = client.newCall(streamed()).execute()) {
            response.body().source().timeout().timeout(200, TimeUnit.MILLISECONDS);
            assertThatThrownBy(() -> response.body().source().readUtf8LineStrict())
                    .isInstanceOf(InterruptedIOException.class);
        }
    }

    private void assertTimesOut(Request request) {
        OkHttpClient impatient =
                client.newBuilder().readTimeout(Duration.ofMillis(300)).build();
        assertThatThrownBy(() -> {
                    try (Response response = impatient.newCall(request).execute()) {
                        response.body().string();
                    }
                })
                .isInstanceOf(SocketTimeoutException.class);
    }

    private Request document() {
        return request("{\"model\":\"m\"}");
    }

    private Request streamed() {
        return request("{\"model\":\"m\",\"stream\":true}");
    }

    private static Request request(String body) {
        return new Request.Builder()
                .url(openai.baseUrl() + "/chat/completions")
                .post(RequestBody.create(body, MediaType.get("application/json")))
                .build();
    }

    private String ask() throws IOException {
        return body(document());
    }

    private String body(Request request) throws IOException {
        try (Response response = client.newCall(request).execute()) {
            return response.body().string();
        }
    }

    private static OkHttpClient trusting(X509TrustManager trust) throws GeneralSecurityException {
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, new TrustManager[] {trust}, null);
        return new OkHttpClient.Builder()
                .sslSocketFactory(tls.getSocketFactory(), trust)
                .build();
    }
}
