package dev.llmpropagation.scenarios;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.ChatQuestion;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.fixtures.TrustAnybody;
import dev.llmpropagation.openai.OpenAiClientFactory;
import io.opentelemetry.api.OpenTelemetry;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.Dispatcher;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Lines of docs/differences.md that no other test holds, each beside a client without us. */
class DifferencesTest {

    private static final String OPENAI_ANSWER = """
            {"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,\
            "message":{"role":"assistant","content":"Hello","refusal":null},"finish_reason":"stop","logprobs":null}]}""";

    @RegisterExtension
    final WireMockExtension server = WireMockExtension.newInstance()
            .options(WireMockConfiguration.options().dynamicPort().dynamicHttpsPort())
            .build();

    private final LlmPropagation propagation =
            LlmPropagation.builder(OpenTelemetry.noop()).build();

    @Test
    void redirectFromHttpsToHttp_isNotFollowed() throws Exception {
        server.stubFor(any(urlEqualTo("/from")).willReturn(redirect(url() + "/to")));
        server.stubFor(any(urlEqualTo("/to")).willReturn(ok()));
        OkHttpClient bare = TrustAnybody.in(new OkHttpClient.Builder()).build();
        Request request = Requests.get("https://localhost:" + server.getHttpsPort() + "/from");

        assertThat(Requests.status(bare, request)).isEqualTo(200);
        assertThat(Requests.status(instrumented(bare), request)).isEqualTo(307);

        server.verify(1, anyRequestedFor(urlEqualTo("/to")));
    }

    @Test
    void redirectOfAWebSocket_isNotFollowed() throws Exception {
        server.stubFor(any(urlEqualTo("/from")).willReturn(redirect(url() + "/to")));
        server.stubFor(any(urlEqualTo("/to")).willReturn(aResponse().withStatus(418)));
        OkHttpClient bare = new OkHttpClient();
        Request request = Requests.get(url() + "/from");

        assertThat(refusal(bare, request)).isEqualTo(418);
        assertThat(refusal(instrumented(bare), request)).isEqualTo(307);
    }

    @Test
    void interceptorOfTheSdksBuilder_runsForEachHop() {
        server.stubFor(any(anyUrl()).willReturn(redirect("/to")));
        server.stubFor(any(urlEqualTo("/to")).willReturn(okJson(OPENAI_ANSWER)));
        AtomicInteger bare = new AtomicInteger();
        ask(OpenAIOkHttpClient.builder()
                .apiKey("key")
                .baseUrl(url())
                .addInterceptor(counting(bare))
                .build());
        AtomicInteger ours = new AtomicInteger();
        ask(OpenAiClientFactory.create(propagation)
                .client(sdk -> sdk.apiKey("key").baseUrl(url()).addInterceptor(counting(ours))));

        assertThat(bare).hasValue(1);
        assertThat(ours).hasValue(2);
    }

    private static Interceptor counting(AtomicInteger count) {
        return chain -> {
            count.incrementAndGet();
            return chain.proceed(chain.request());
        };
    }

    private static void ask(OpenAIClient client) {
        try {
            client.chat().completions().create(ChatQuestion.of("Hi"));
        } finally {
            client.close();
        }
    }

    @Test
    void dispatcher_isAnotherWithTheSameLimits() {
        Dispatcher dispatcher = new Dispatcher();
        dispatcher.setMaxRequests(7);
        dispatcher.setMaxRequestsPerHost(3);

        Dispatcher ours = instrumented(
                        new OkHttpClient.Builder().dispatcher(dispatcher).build())
                .dispatcher();

        assertThat(ours).isNotSameAs(dispatcher);
        assertThat(ours.getMaxRequests()).isEqualTo(7);
        assertThat(ours.getMaxRequestsPerHost()).isEqualTo(3);
    }

    private String url() {
        return "http://localhost:" + server.getPort();
    }

    private OkHttpClient instrumented(OkHttpClient bare) {
        return propagation.instrument(bare.newBuilder(), url()).build();
    }

    private static ResponseDefinitionBuilder redirect(String location) {
        return aResponse().withStatus(307).withHeader("Location", location);
    }

    /** The status that refuses the upgrade. */
    private static int refusal(OkHttpClient client, Request request) throws Exception {
        CompletableFuture<Integer> status = new CompletableFuture<>();
        WebSocket socket = client.newWebSocket(request, new WebSocketListener() {
            @Override
            public void onFailure(WebSocket webSocket, Throwable failure, Response response) {
                status.complete(response == null ? -1 : response.code());
            }
        });
        try {
            return status.get(20, TimeUnit.SECONDS);
        } finally {
            socket.cancel();
        }
    }
}
