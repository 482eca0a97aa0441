package dev.llmpropagation.scenarios.agent;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.agent.AgentTracingBuilder;
import dev.llmpropagation.fixtures.ChatQuestion;
import dev.llmpropagation.fixtures.InTurn;
import dev.llmpropagation.fixtures.ServiceWire;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.sdk.SessionIdGenerator;
import dev.llmpropagation.sdk.SessionSpanProcessor;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.IdGenerator;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** A server in the place of both model services, clients of both SDKs on it, and the spans of the program. */
final class Services implements AutoCloseable {

    static final String GEMINI_MODEL = "gemini-2.5-flash";

    private static final String ANSWER = """
            {"id":"c-2","object":"chat.completion","created":1,"model":"m-1","choices":[{"index":0,"finish_reason":\
            "stop","message":{"role":"assistant","content":"README.md","refusal":null},"logprobs":null}],\
            "usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}""";
    private static final String TOOL_CALL = """
            data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[{"index":0,"delta":\
            {"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call-1","type":"function","function":\
            {"name":"list_files","arguments":""}}]},"finish_reason":null}]}

            data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[{"index":0,"delta":\
            {"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]},"finish_reason":null}]}

            data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[{"index":0,"delta":\
            {},"finish_reason":"tool_calls"}]}

            data: [DONE]

            """;
    private static final String CANDIDATE = """
            {"candidates":[{"content":{"role":"model","parts":[{"text":"short"}]},"finishReason":"STOP","index":0}],\
            "usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":1,"totalTokenCount":5}}""";

    /** By itself a single thread writes all answers, and each stream would wait for those before it. */
    final WireMockServer server = new WireMockServer(WireMockConfiguration.options()
            .dynamicPort()
            .containerThreads(64)
            .asynchronousResponseEnabled(true)
            .asynchronousResponseThreads(64));

    final RecordedTelemetry telemetry;
    final OpenTelemetrySdk openTelemetry;
    final LlmPropagation propagation;
    final OpenAIClient openAi;
    final OpenAIClientAsync openAiAsync;
    final Client gemini;

    Services(boolean derivedIds) {
        this(derivedIds, options -> {});
    }

    Services(boolean derivedIds, Consumer<AgentTracingBuilder> options) {
        server.start();
        telemetry = RecordedTelemetry.create(
                spans -> spans.setIdGenerator(derivedIds ? SessionIdGenerator.create() : IdGenerator.random())
                        .addSpanProcessor(SessionSpanProcessor.create()));
        openTelemetry = telemetry.openTelemetry();
        propagation = LlmPropagation.builder(openTelemetry).agent(options).build();
        OpenAiClientFactory openAiFactory = OpenAiClientFactory.create(propagation);
        openAi = openAiFactory.client(sdk -> sdk.baseUrl(server.baseUrl() + "/v1")
                .apiKey("key")
                .timeout(Duration.ofSeconds(30))
                .maxRetries(1));
        openAiAsync = openAiFactory.asyncClient(sdk -> sdk.baseUrl(server.baseUrl() + "/v1")
                .apiKey("key")
                .timeout(Duration.ofSeconds(30))
                .maxRetries(1));
        gemini = GeminiClientFactory.create(propagation).client(sdk -> sdk.apiKey("key")
                .httpOptions(HttpOptions.builder()
                        .baseUrl(server.baseUrl())
                        .timeout(30_000)
                        .retryOptions(HttpRetryOptions.builder()
                                .attempts(2)
                                .initialDelay(0.0)
                                .build())
                        .build()));
    }

    static ChatCompletionCreateParams chat(String text) {
        return ChatQuestion.of(text);
    }

    static ResponseDefinitionBuilder answer() {
        return WireMock.okJson(ANSWER);
    }

    static ResponseDefinitionBuilder unavailable() {
        return WireMock.serviceUnavailable().withHeader("retry-after-ms", "1");
    }

    static ResponseDefinitionBuilder candidate() {
        return WireMock.okJson(CANDIDATE);
    }

    /** A stream of three. */
    static ResponseDefinitionBuilder candidates() {
        return ServiceWire.events(("data: " + CANDIDATE + "\n\n").repeat(3)).withChunkedDribbleDelay(4, 80);
    }

    static ResponseDefinitionBuilder toolCall() {
        return ServiceWire.events(TOOL_CALL).withChunkedDribbleDelay(4, 80);
    }

    /** Answers requests to the OpenAI service in turn, the last answer for ever; Gemini always has a short text. */
    void openAiAnswers(ResponseDefinitionBuilder... answers) {
        server.stubFor(
                WireMock.any(WireMock.urlPathMatching(".*generateContent")).willReturn(candidate()));
        InTurn.answer(server, WireMock.urlPathEqualTo("/v1/chat/completions"), answers);
    }

    List<SpanData> spans() {
        return telemetry.spans();
    }

    @Override
    public void close() {
        openAi.close();
        openAiAsync.close();
        gemini.close();
        propagation.close();
        openTelemetry.close();
        server.stop();
    }
}
