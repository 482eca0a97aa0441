package dev.llmpropagation.comparison;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.matchingJsonPath;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.stubbing.ServeEvent;
import com.openai.client.OpenAIClient;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.ChatQuestion;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.instrumentation.openai.v1_1.OpenAITelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients of ours that opentelemetry-openai-java wraps: a call has its span or ours, and never both. */
class OpenAiTelemetryTest {

    private static final String THEIRS = "io.opentelemetry.openai-java-1.1";
    private static final AttributeKey<String> OPERATION = AttributeKey.stringKey("gen_ai.operation.name");
    private static final ChatCompletionCreateParams CHAT = ChatQuestion.of("hi");

    private final WireMockServer server =
            new WireMockServer(WireMockConfiguration.options().dynamicPort());
    private final RecordedTelemetry telemetry = RecordedTelemetry.create();
    private final OpenTelemetrySdk openTelemetry = telemetry.openTelemetry();
    private OpenAIClient client;

    @BeforeEach
    void start() {
        server.start();
        client = wrapped(openTelemetry, server.baseUrl() + "/v1");
    }

    @AfterEach
    void stop() {
        client.close();
        openTelemetry.close();
        server.stop();
    }

    private static OpenAIClient wrapped(OpenTelemetry openTelemetry, String baseUrl) {
        // sample: openAiTelemetry
        LlmPropagation propagation = LlmPropagation.builder(openTelemetry).build();
        OpenAIClient client = OpenAITelemetry.create(openTelemetry)
                .wrap(OpenAiClientFactory.create(propagation)
                        .client(sdk -> sdk.baseUrl(baseUrl).apiKey("key")));
        // end
        return client;
    }

    @Test
    void chat_hasTheirSpanAlone() {
        answersChat();

        client.chat().completions().create(CHAT);

        assertOneCall(THEIRS);
    }

    @Test
    void chatStream_hasTheirSpanAlone() {
        streamsChat();

        try (StreamResponse<ChatCompletionChunk> response =
                client.chat().completions().createStreaming(CHAT)) {
            assertThat(response.stream()).hasSize(1);
        }

        assertOneCall(THEIRS);
    }

    @Test
    void asyncChat_hasTheirSpanAlone() throws Exception {
        answersChat();

        client.async().chat().completions().create(CHAT).get(20, TimeUnit.SECONDS);

        assertOneCall(THEIRS);
    }

    @Test
    void asyncChatStream_hasTheirSpanAlone() throws Exception {
        streamsChat();

        AsyncStreamResponse<ChatCompletionChunk> response =
                client.async().chat().completions().createStreaming(CHAT);
        response.subscribe(chunk -> {});
        response.onCompleteFuture().get(20, TimeUnit.SECONDS);

        assertOneCall(THEIRS);
    }

    @Test
    void embeddings_haveTheirSpanAlone() {
        server.stubFor(post(urlPathEqualTo("/v1/embeddings")).willReturn(okJson("""
                {"object":"list","model":"e","data":[{"object":"embedding","index":0,"embedding":[0.5]}],\
                "usage":{"prompt_tokens":1,"total_tokens":1}}""")));

        client.embeddings()
                .create(EmbeddingCreateParams.builder().model("e").input("hi").build());

        assertOneCall(THEIRS);
    }

    @Test
    void responses_haveOurSpanBecauseTheyKnowNone() {
        server.stubFor(post(urlPathEqualTo("/v1/responses")).willReturn(okJson("""
                {"id":"r-1","object":"response","created_at":1,"model":"m","status":"completed","output":[]}""")));

        client.responses()
                .create(ResponseCreateParams.builder().model("m").input("hi").build());

        assertOneCall("dev.llmpropagation.agent");
    }

    /** One span of a model call, of this scope; under it one attempt, which the wire names. */
    private void assertOneCall(String scope) {
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(telemetry.spans()).hasSize(2));
        List<SpanData> calls = telemetry.spans().stream()
                .filter(span -> span.getAttributes().get(OPERATION) != null)
                .toList();
        assertThat(calls).singleElement().satisfies(call -> {
            assertThat(call.getInstrumentationScopeInfo().getName()).isEqualTo(scope);
            assertThat(telemetry.spans())
                    .filteredOn(span -> span.getParentSpanId().equals(call.getSpanId()))
                    .singleElement()
                    .satisfies(attempt -> assertThat(traceparent())
                            .startsWith("00-" + call.getTraceId() + '-' + attempt.getSpanId()));
        });
    }

    private String traceparent() {
        List<ServeEvent> requests = server.getAllServeEvents();
        assertThat(requests).hasSize(1);
        return requests.get(0).getRequest().getHeader("traceparent");
    }

    private void answersChat() {
        server.stubFor(post(urlPathEqualTo("/v1/chat/completions")).willReturn(okJson("""
                {"id":"c-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,\
                "message":{"role":"assistant","content":"Hello","refusal":null},"finish_reason":"stop",\
                "logprobs":null}]}""")));
    }

    private void streamsChat() {
        server.stubFor(post(urlPathEqualTo("/v1/chat/completions"))
                .withRequestBody(matchingJsonPath("$[?(@.stream == true)]"))
                .willReturn(aResponse()
                        .withHeader("Content-Type", "text/event-stream")
                        .withBody("""
                        data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"m","choices":\
                        [{"index":0,"delta":{"content":"Hello"},"finish_reason":"stop"}]}

                        data: [DONE]

                        """)));
    }
}
