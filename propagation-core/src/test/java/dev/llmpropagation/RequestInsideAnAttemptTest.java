package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.absent;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static com.github.tomakehurst.wiremock.client.WireMock.unauthorized;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.Parents.assertParent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import dev.llmpropagation.fixtures.Enqueued;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.internal.http.ClientInstrumenter;
import dev.llmpropagation.internal.http.ClientProfile;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import okhttp3.Call;
import okhttp3.Cookie;
import okhttp3.CookieJar;
import okhttp3.EventListener;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What parts of a client ask for while one of its attempts waits for them: a token, an address, a judgement. */
class RequestInsideAnAttemptTest {

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    private LlmPropagation propagation;
    private OkHttpClient tokens;

    @BeforeEach
    void answer() {
        wire.answers(ok("hello"));
        wire.server.stubFor(
                any(urlEqualTo("/401")).withHeader("Authorization", absent()).willReturn(unauthorized()));
        wire.server.stubFor(any(urlEqualTo("/407"))
                .withHeader("Proxy-Authorization", absent())
                .willReturn(aResponse().withStatus(407)));
        propagation = wire.propagation().sessionId(() -> "s-1").build();
        tokens = wire.client(propagation, new OkHttpClient.Builder());
    }

    /** Puts something into a client that asks for a token before it goes on. */
    private interface Part {
        OkHttpClient.Builder into(OkHttpClient.Builder builder, Runnable asksForToken);
    }

    static Stream<Arguments> partsThatAreThereFirst() {
        return Stream.of(
                part(
                        "authenticator",
                        "/401",
                        (builder, token) -> builder.authenticator((route, response) -> {
                            token.run();
                            return response.request()
                                    .newBuilder()
                                    .header("Authorization", "Bearer fresh")
                                    .build();
                        })),
                part(
                        "proxyAuthenticator",
                        "/407",
                        (builder, token) -> builder.proxyAuthenticator((route, response) -> {
                            token.run();
                            return response.request()
                                    .newBuilder()
                                    .header("Proxy-Authorization", "Bearer fresh")
                                    .build();
                        })),
                part(
                        "dns",
                        "/",
                        (builder, token) -> builder.dns(host -> {
                            token.run();
                            return List.of(InetAddress.getAllByName(host));
                        })),
                part(
                        "eventListener",
                        "/",
                        (builder, token) -> builder.eventListener(new EventListener() {
                            @Override
                            public void requestHeadersStart(Call call) {
                                token.run();
                            }
                        })),
                part(
                        "cookieJar",
                        "/",
                        (builder, token) -> builder.cookieJar(new CookieJar() {
                            @Override
                            public List<Cookie> loadForRequest(HttpUrl url) {
                                token.run();
                                return List.of();
                            }

                            @Override
                            public void saveFromResponse(HttpUrl url, List<Cookie> cookies) {}
                        })));
    }

    private static Arguments part(String name, String path, Part part) {
        return Arguments.of(name, path, part);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("partsThatAreThereFirst")
    void itsRequest_isAnAttemptWithHeadersOfItsOwn(String name, String path, Part part) throws Exception {
        OkHttpClient.Builder builder = part.into(new OkHttpClient.Builder(), once(this::askForToken));
        if (path.equals("/407")) {
            builder.proxy(new Proxy(Proxy.Type.HTTP, new InetSocketAddress("localhost", wire.server.port())));
        }
        assertBothAreTold(wire.client(propagation, builder), path);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void requestOfAnInterceptorBehindOurs_isAnAttemptWithHeadersOfItsOwn(boolean queued) throws Exception {
        assertBothAreTold(
                wire.client(propagation, new OkHttpClient.Builder())
                        .newBuilder()
                        .addInterceptor(chain -> {
                            if (queued) {
                                enqueueForToken();
                            } else {
                                askForToken();
                            }
                            return chain.proceed(chain.request());
                        })
                        .build(),
                "/");
    }

    @Test
    void programsSpanAndSessionInsideAnAttempt_areThoseOfItsRequest() throws Exception {
        Span[] refresh = new Span[1];
        OkHttpClient client = wire.client(propagation, new OkHttpClient.Builder().authenticator((route, response) -> {
                    refresh[0] = wire.openTelemetry
                            .getTracer("program")
                            .spanBuilder("refresh")
                            .startSpan();
                    try (Scope ignored = refresh[0].makeCurrent();
                            Scope session = LlmSession.of("s-tokens").makeCurrent()) {
                        askForToken();
                    } finally {
                        refresh[0].end();
                    }
                    return response.request()
                            .newBuilder()
                            .header("Authorization", "Bearer fresh")
                            .build();
                }));
        get(client, "/401");

        List<SpanData> attempts = wire.attempts(2);
        SpanData token = at(attempts, "/token");
        assertParent(token, refresh[0]);
        assertThat(token.getTraceId()).isEqualTo(at(attempts, "/401").getTraceId());
        assertThat(requested("/token").getHeader("traceparent")).contains(token.getSpanId());
        assertThat(requested("/token").getHeader("X-Qwen-Code-Session-Id")).isEqualTo("s-tokens");
    }

    @Test
    void requestThatASecondClientOfOursSendsOn_isToldOnce() throws Exception {
        OkHttpClient client = wire.client(propagation, new OkHttpClient.Builder())
                .newBuilder()
                .addInterceptor(chain -> tokens.newCall(chain.request()).execute())
                .build();
        get(client, "/");

        assertThat(wire.request().getHeader("traceparent"))
                .contains(wire.attempt().getSpanId());
    }

    @Test
    void modelCallInsideAnother_isOneOfItsOwn() throws Exception {
        OkHttpClient judge = modelClient(new OkHttpClient.Builder());
        OkHttpClient behind = modelClient(new OkHttpClient.Builder())
                .newBuilder()
                .addInterceptor(chain -> {
                    ask(judge, "judge");
                    return chain.proceed(chain.request());
                })
                .build();
        OkHttpClient before = modelClient(new OkHttpClient.Builder().addInterceptor(chain -> {
            ask(judge, "judge");
            return chain.proceed(chain.request());
        }));
        for (OkHttpClient client : List.of(behind, before)) {
            wire.telemetry.reset();
            Span caller = wire.inSpan("caller", () -> ask(client, "asked"));

            SpanData asked = modelCall("asked");
            SpanData judged = modelCall("judge");
            assertParent(asked, caller);
            assertThat(judged.getTraceId()).isEqualTo(asked.getTraceId());
            assertThat(judged.getParentSpanId())
                    .isEqualTo(client == before ? asked.getSpanId() : parentOfJudged(asked));
        }
    }

    @Test
    void modelCallInsideOneThatTheProgramTells_isTheSame() throws Exception {
        OkHttpClient client = modelClient(new OkHttpClient.Builder());
        propagation.agent().llmRequest("chat", "openai").model("told").call(llm -> {
            ask(client, "asked");
            return null;
        });

        assertThat(wire.modelCalls()).singleElement().satisfies(span -> assertThat(text(span, "gen_ai.request.model"))
                .isEqualTo("told"));
    }

    private void assertBothAreTold(OkHttpClient client, String path) throws Exception {
        Span caller = wire.inSpan("caller", () -> get(client, path));

        List<SpanData> attempts = wire.attempts(2);
        SpanData outer = at(attempts, path);
        SpanData token = at(attempts, "/token");
        assertParent(outer, caller);
        assertParent(token, outer);
        assertThat(requested("/token").getHeader("traceparent"))
                .startsWith("00-" + outer.getTraceId() + "-" + token.getSpanId() + "-");
        assertThat(requested("/token").getHeader("X-Qwen-Code-Session-Id")).isEqualTo("s-1");
        assertThat(requested(path).getHeader("traceparent"))
                .startsWith("00-" + outer.getTraceId() + "-" + outer.getSpanId() + "-");
        assertThat(wire.diagnostics).isEmpty();
    }

    private String parentOfJudged(SpanData asked) {
        return wire.spans().stream()
                .filter(span -> span.getParentSpanId().equals(asked.getSpanId()))
                .filter(span -> text(span, "gen_ai.request.model") == null)
                .findFirst()
                .orElseThrow()
                .getSpanId();
    }

    private LoggedRequest requested(String path) {
        return wire.requests().stream()
                .filter(request -> request.getUrl().endsWith(path))
                .findFirst()
                .orElseThrow();
    }

    private static SpanData at(List<SpanData> attempts, String path) {
        return attempts.stream()
                .filter(span -> text(span, "url.full").endsWith(path))
                .findFirst()
                .orElseThrow();
    }

    private SpanData modelCall(String model) {
        return wire.modelCalls().stream()
                .filter(span -> model.equals(text(span, "gen_ai.request.model")))
                .findFirst()
                .orElseThrow();
    }

    private OkHttpClient modelClient(OkHttpClient.Builder builder) {
        return ClientInstrumenter.OF_PROPAGATION
                .behind(propagation)
                .instrument(builder, ClientProfile.of(null).withModelCalls(url -> "openai"))
                .build();
    }

    private void ask(OkHttpClient client, String model) throws IOException {
        Request request = Requests.post(wire.url("/v1/chat/completions"), "{\"model\":\"" + model + "\"}");
        assertThat(Requests.body(client, request)).isNotEmpty();
    }

    private void get(OkHttpClient client, String path) throws IOException {
        assertThat(Requests.body(client, Requests.get(wire.url(path)))).isEqualTo("hello");
    }

    private void askForToken() {
        assertThatCode(() -> get(tokens, "/token")).doesNotThrowAnyException();
    }

    private void enqueueForToken() {
        Call call = tokens.newCall(Requests.get(wire.url("/token")));
        assertThat(Enqueued.body(call).join()).isEqualTo("hello");
    }

    private static Runnable once(Runnable task) {
        AtomicBoolean done = new AtomicBoolean();
        return () -> {
            if (!done.getAndSet(true)) {
                task.run();
            }
        };
    }
}
