package dev.llmpropagation.scenarios.content;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.types.Content;
import com.google.genai.types.FunctionDeclaration;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import com.google.genai.types.Part;
import com.google.genai.types.Tool;
import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.core.http.StreamResponse;
import com.openai.models.FunctionDefinition;
import com.openai.models.chat.completions.ChatCompletionAssistantMessageParam;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessageFunctionToolCall;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStreamEvent;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.agent.ContentCapture;
import dev.llmpropagation.agent.Interaction;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What was said, asked, answered, handed to tools or told as an error stands in nothing that the library tells, and in no
 * object that it keeps, unless the program records content.
 */
class ContentOffTest {

    private static final String SAID = "SAID-7f3a";

    private static final String CHAT = """
            {"id":"c-1","object":"chat.completion","created":1,"model":"m-1","choices":[{"index":0,"finish_reason":\
            "tool_calls","message":{"role":"assistant","content":"SAID-7f3a","refusal":"SAID-7f3a","tool_calls":\
            [{"id":"call-1","type":"function","function":{"name":"t","arguments":"{\\"a\\":\\"SAID-7f3a\\"}"}}]},\
            "logprobs":null}],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}""";
    private static final String CHAT_STREAM = """
            data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[{"index":0,"delta":\
            {"role":"assistant","content":"SAID-7f3a"},"finish_reason":null}]}

            data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[{"index":0,"delta":\
            {"tool_calls":[{"index":0,"id":"call-1","type":"function","function":{"name":"t","arguments":\
            "{\\"a\\":\\"SAID-7f3a\\"}"}}]},"finish_reason":null}]}

            data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[{"index":0,"delta":\
            {},"finish_reason":"tool_calls"}]}

            """;
    private static final String RESPONSE = """
            {"id":"resp_1","object":"response","created_at":1,"status":"completed","model":"m-1","instructions":\
            "SAID-7f3a","output":[{"type":"message","id":"m-1","role":"assistant","status":"completed","content":\
            [{"type":"output_text","text":"SAID-7f3a","annotations":[]}]},{"type":"function_call","id":"f-1","call_id":\
            "call-1","name":"t","arguments":"{\\"a\\":\\"SAID-7f3a\\"}"}],"parallel_tool_calls":true,"tool_choice":"auto",\
            "tools":[]}""";
    private static final String RESPONSE_STREAM = """
            data: {"type":"response.created","response":%s,"sequence_number":0}

            data: {"type":"response.output_text.delta","item_id":"m-1","output_index":0,"content_index":0,"delta":\
            "SAID-7f3a","logprobs":[],"sequence_number":1}

            data: {"type":"response.completed","response":%s,"sequence_number":2}

            """.formatted(RESPONSE, RESPONSE);
    private static final String CONTENT = """
            {"responseId":"r-1","modelVersion":"g-1","candidates":[{"content":{"role":"model","parts":[{"text":"SAID-7f3a"},\
            {"functionCall":{"name":"t","args":{"a":"SAID-7f3a"}}}]},"finishReason":"STOP","index":0}],"promptFeedback":\
            {"blockReasonMessage":"SAID-7f3a"}}""";
    private static final String CONTENT_STREAM = ("data: " + CONTENT + "\n\n").repeat(2);
    private static final String ERROR = """
            {"error":{"message":"SAID-7f3a","type":"refused","param":"SAID-7f3a","code":400,"status":"REFUSED","details":["SAID-7f3a"]}}""";
    private static final String ERROR_IN_STREAM = "data: " + ERROR + "\n\n";
    private static final String NO_JSON = "<html>SAID-7f3a</html>";

    @RegisterExtension
    final WireMockExtension service = WireMockExtension.newInstance()
            .options(WireMockConfiguration.options().dynamicPort())
            .build();

    @RegisterExtension
    final RecordedTelemetry telemetry = RecordedTelemetry.create();

    private final List<String> diagnostics = new CopyOnWriteArrayList<>();

    private LlmPropagation propagation;
    private OpenAIClient openAi;
    private OpenAIClientAsync openAiAsync;
    private Client gemini;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatWasSaid_isNowhere(boolean latest, @TempDir Path folder) throws Exception {
        start(latest, ContentCapture.off());
        Interaction turn = propagation.agent().interaction("p-1").prompt(SAID).start();
        try (Scope ignored = turn.makeCurrent()) {
            askOpenAi();
            askGemini();
            useTools(turn);
            turn.answer(SAID);
        }

        assertThat(telemetry.openSpans()).hasSize(1); // the turn goes on, and so do the clients
        assertNotTold();
        assertThat(KeptObjects.with(SAID, folder)).isEmpty();
        turn.completed();
        assertNotTold();
        assertThat(telemetry.spans("qwen-code.llm_request").stream().count()).isEqualTo(23);
        stop();
    }

    /** So that the test above means something: with content, an answer that goes on is kept, and it is found. */
    @Test
    void whatIsKept_isFound(@TempDir Path folder) throws Exception {
        start(false, ContentCapture.on());
        answers(200, CHAT_STREAM);
        try (StreamResponse<ChatCompletionChunk> chunks =
                openAi.chat().completions().createStreaming(chat())) {
            assertThat(chunks.stream().iterator().next().choices()).isNotEmpty();
            assertThat(KeptObjects.with(SAID, folder))
                    .anyMatch(way -> way.contains("dev.llmpropagation.internal.content."));
        }
        stop();
    }

    private void askOpenAi() throws Exception {
        answers(200, CHAT);
        openAi.chat().completions().create(chat());
        openAiAsync.chat().completions().create(chat()).get(30, TimeUnit.SECONDS);
        answers(200, CHAT_STREAM);
        readChat();
        var stream = openAiAsync.chat().completions().createStreaming(chat());
        stream.subscribe(chunk -> {}).onCompleteFuture().get(30, TimeUnit.SECONDS);
        stream.close(); // else the SDK keeps its response until it is found unreachable
        try (StreamResponse<ChatCompletionChunk> left =
                openAi.chat().completions().createStreaming(chat())) {
            assertThat(left.stream().iterator().next().choices()).isNotEmpty();
        }
        answers(200, RESPONSE);
        openAi.responses().create(response());
        answers(200, RESPONSE_STREAM);
        try (StreamResponse<ResponseStreamEvent> events = openAi.responses().createStreaming(response())) {
            assertThat(events.stream().count()).isEqualTo(3);
        }
        answers(400, ERROR);
        assertFails(() -> openAi.chat().completions().create(chat()));
        assertFails(() -> openAiAsync.chat().completions().create(chat()).get(30, TimeUnit.SECONDS));
        assertFails(() -> openAi.responses().create(response()));
        assertFails(this::readChat);
        answers(200, ERROR_IN_STREAM);
        assertFails(this::readChat);
        answers(200, NO_JSON);
        assertFails(() -> openAi.chat().completions().create(chat()).choices().size());
    }

    private void askGemini() throws Exception {
        answers(200, CONTENT);
        gemini.models.generateContent("g", contents(), config());
        gemini.async.models.generateContent("g", contents(), config()).get(30, TimeUnit.SECONDS);
        answers(200, CONTENT_STREAM);
        readContent();
        try (ResponseStream<GenerateContentResponse> left =
                gemini.models.generateContentStream("g", contents(), config())) {
            assertThat(left.iterator().next().text()).isEqualTo(SAID);
        }
        try (ResponseStream<GenerateContentResponse> chunks = gemini.async
                .models
                .generateContentStream("g", contents(), config())
                .get(30, TimeUnit.SECONDS)) {
            assertThat(chunks).hasSize(2);
        }
        answers(400, ERROR);
        assertFails(() -> gemini.models.generateContent("g", contents(), config()));
        assertFails(() ->
                gemini.async.models.generateContent("g", contents(), config()).get(30, TimeUnit.SECONDS));
        assertFails(this::readContent);
        answers(200, ERROR_IN_STREAM);
        assertFails(this::readContent);
        answers(200, NO_JSON);
        assertFails(() -> gemini.models.generateContent("g", contents(), config()));
    }

    private static void useTools(Interaction turn) {
        turn.tool("t").arguments(SAID).run(tool -> tool.result(SAID));
        assertThatThrownBy(() -> turn.tool("t").arguments(SAID).run(tool -> {
                    throw new IOException(SAID, new IllegalStateException(SAID));
                }))
                .hasMessage(SAID);
    }

    private void assertNotTold() {
        assertThat(telemetry.spans().toString()).isNotEmpty().doesNotContain(SAID);
        assertThat(telemetry.openSpans().toString()).doesNotContain(SAID);
        assertThat(telemetry.logs()).isNotEmpty();
        assertThat(telemetry.logs().toString()).doesNotContain(SAID);
        assertThat(telemetry.metrics().toString()).contains("gen_ai.client.").doesNotContain(SAID);
        assertThat(diagnostics.toString()).doesNotContain(SAID);
    }

    /** The program's exception has the service's words; none of ours has them. */
    private static void assertFails(ThrowingCallable call) {
        Throwable failure = catchThrowable(call);
        assertThat(failure).isNotNull();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            for (Throwable beside : cause.getSuppressed()) {
                assertThat(beside.toString()).doesNotContain(SAID);
            }
            assertThat(cause.getClass().getName()).doesNotStartWith("dev.llmpropagation.");
        }
    }

    private void start(boolean latest, ContentCapture content) {
        propagation = LlmPropagation.builder(telemetry.openTelemetry())
                .agent(agent -> agent.latestConventions(latest).content(content))
                .diagnostics(diagnostics::add)
                .build();
        OpenAiClientFactory factory = OpenAiClientFactory.create(propagation);
        openAi = factory.client(
                sdk -> sdk.baseUrl(service.baseUrl() + "/v1").apiKey("key").maxRetries(0));
        openAiAsync = factory.asyncClient(
                sdk -> sdk.baseUrl(service.baseUrl() + "/v1").apiKey("key").maxRetries(0));
        gemini = GeminiClientFactory.create(propagation).client(sdk -> sdk.apiKey("key")
                .httpOptions(HttpOptions.builder()
                        .baseUrl(service.baseUrl())
                        .retryOptions(HttpRetryOptions.builder().attempts(1).build())
                        .build()));
    }

    private void stop() {
        openAi.close();
        openAiAsync.close();
        gemini.close();
        propagation.close();
    }

    private void answers(int status, String body) {
        service.resetAll();
        service.stubFor(any(anyUrl())
                .willReturn(aResponse()
                        .withStatus(status)
                        .withHeader("Content-Type", body.startsWith("data:") ? "text/event-stream" : "application/json")
                        .withBody(body)));
    }

    private void readChat() {
        try (StreamResponse<ChatCompletionChunk> chunks =
                openAi.chat().completions().createStreaming(chat())) {
            assertThat(chunks.stream().count()).isEqualTo(3);
        }
    }

    private void readContent() {
        try (ResponseStream<GenerateContentResponse> chunks =
                gemini.models.generateContentStream("g", contents(), config())) {
            assertThat(chunks).hasSize(2);
        }
    }

    private static ChatCompletionCreateParams chat() {
        return ChatCompletionCreateParams.builder()
                .model("m")
                .addSystemMessage(SAID)
                .addUserMessage(SAID)
                .addMessage(ChatCompletionAssistantMessageParam.builder()
                        .addToolCall(ChatCompletionMessageFunctionToolCall.builder()
                                .id("call-1")
                                .function(ChatCompletionMessageFunctionToolCall.Function.builder()
                                        .name("t")
                                        .arguments("{\"a\":\"" + SAID + "\"}")
                                        .build())
                                .build())
                        .build())
                .addFunctionTool(
                        FunctionDefinition.builder().name("t").description(SAID).build())
                .build();
    }

    private static ResponseCreateParams response() {
        return ResponseCreateParams.builder()
                .model("m")
                .instructions(SAID)
                .input(SAID)
                .build();
    }

    private static List<Content> contents() {
        return List.of(
                Content.fromParts(Part.fromText(SAID)),
                Content.builder()
                        .role("model")
                        .parts(Part.fromFunctionCall("t", Map.of("a", SAID)))
                        .build(),
                Content.fromParts(Part.fromFunctionResponse("t", Map.of("output", SAID))));
    }

    private static GenerateContentConfig config() {
        return GenerateContentConfig.builder()
                .systemInstruction(Content.fromParts(Part.fromText(SAID)))
                .tools(Tool.builder()
                        .functionDeclarations(FunctionDeclaration.builder()
                                .name("t")
                                .description(SAID)
                                .build())
                        .build())
                .build();
    }
}
