package dev.llmpropagation.scenarios.agent;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import com.openai.client.OpenAIClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.InternalServerException;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.ResponseCompactionItemParam;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseInputItem;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.agent.AgentTracingBuilder;
import dev.llmpropagation.agent.ContentCapture;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.metrics.data.ExemplarData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.MetricDataType;
import io.opentelemetry.sdk.metrics.data.PointData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names, units, attributes and values of both sets of the GenAI conventions, from what is on the wire of both SDKs. */
class ConventionsTest {

    private static final String STREAM = """
            data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[{"index":0,"delta":\
            {"role":"assistant","content":"a"},"finish_reason":null}]}

            data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[{"index":0,"delta":\
            {"content":"b"},"finish_reason":null}]}

            data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[{"index":0,"delta":\
            {"content":"c"},"finish_reason":null}]}

            data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[{"index":0,"delta":\
            {},"finish_reason":"stop"}]}

            data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[],"usage":\
            {"prompt_tokens":100,"completion_tokens":40,"total_tokens":140,"prompt_tokens_details":{"cached_tokens":30,\
            "cache_write_tokens":5,"text_tokens":80,"audio_tokens":20},"completion_tokens_details":\
            {"reasoning_tokens":10,"audio_tokens":0}}}

            data: [DONE]

            """;
    private static final String CANDIDATE = """
            {"responseId":"r-1","modelVersion":"g-1","candidates":[{"content":{"role":"model","parts":[{"text":"short"}]},\
            "finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":300,"cachedContentTokenCount":40,\
            "candidatesTokenCount":5,"thoughtsTokenCount":7,"totalTokenCount":312,"promptTokensDetails":\
            [{"modality":"TEXT","tokenCount":100},{"modality":"IMAGE","tokenCount":200}],"cacheTokensDetails":\
            [{"modality":"TEXT","tokenCount":40}],"candidatesTokensDetails":[{"modality":"TEXT","tokenCount":5}]}}""";
    private static final String RESPONSE = """
            {"id":"resp_1","object":"response","created_at":1,"status":"completed","model":"m-1","output":[],\
            "parallel_tool_calls":true,"tool_choice":"auto","tools":[],"usage":{"input_tokens":3,"output_tokens":4,\
            "total_tokens":7,"input_tokens_details":{"cached_tokens":0},"output_tokens_details":{"reasoning_tokens":0}}}""";
    private static final String EMBEDDING = """
            {"object":"list","model":"e-1","data":[{"object":"embedding","index":0,"embedding":[0.5]}],\
            "usage":{"prompt_tokens":8,"total_tokens":8}}""";

    private static final String CHAT = "{gen_ai.operation.name=\"chat\", gen_ai.provider.name=\"openai\","
            + " gen_ai.request.model=\"m\", gen_ai.response.model=\"m-1\", server.address=\"localhost\", server.port=1}";
    private static final String GEMINI = "{gen_ai.operation.name=\"generate_content\","
            + " gen_ai.provider.name=\"gcp.gemini\", gen_ai.request.model=\"g\", gen_ai.response.model=\"g-1\","
            + " server.address=\"localhost\", server.port=1}";

    @RegisterExtension
    final WireMockExtension service = WireMockExtension.newInstance()
            .options(WireMockConfiguration.options().dynamicPort())
            .build();

    @RegisterExtension
    final RecordedTelemetry telemetry = RecordedTelemetry.create();

    private LlmPropagation propagation;
    private List<MetricData> collected = List.of();

    @AfterEach
    void stop() {
        propagation.close();
    }

    @Test
    void earlier_openAi() {
        streamedChat(agent -> {});

        assertThat(metrics())
                .isEqualTo(List.of(
                        "gen_ai.client.operation.duration [s] " + CHAT + " = 1 time",
                        "gen_ai.client.operation.time_to_first_chunk [s] " + CHAT + " = 1 time",
                        "gen_ai.client.token.usage [{token}] " + chat("gen_ai.token.type=\"input\"") + " = 100",
                        "gen_ai.client.token.usage [{token}] " + chat("gen_ai.token.type=\"output\"") + " = 40"));
        assertThat(attributes("qwen-code.llm_request")).isEqualTo(ofTheChat());
        assertExemplars();
    }

    @Test
    void latest_openAi() {
        streamedChat(agent -> agent.latestConventions(true).tokenHistograms(true));

        assertThat(metrics())
                .isEqualTo(List.of(
                        "gen_ai.client.inference.duration [s] " + CHAT + " = 1 time",
                        "gen_ai.client.inference.operation.input_tokens [{token}] " + CHAT + " = 100",
                        "gen_ai.client.inference.operation.output_tokens [{token}] " + CHAT + " = 40",
                        "gen_ai.client.inference.time_per_output_chunk [s] " + CHAT + " = 2 times",
                        "gen_ai.client.inference.time_to_first_chunk [s] " + CHAT + " = 1 time",
                        "gen_ai.client.inference.usage.cache_read.input_tokens [{token}] " + modality("unknown")
                                + " = 30",
                        "gen_ai.client.inference.usage.cache_write.input_tokens [{token}] " + modality("unknown")
                                + " = 5",
                        "gen_ai.client.inference.usage.input_tokens [{token}] " + modality("audio") + " = 20",
                        "gen_ai.client.inference.usage.input_tokens [{token}] " + modality("text") + " = 80",
                        "gen_ai.client.inference.usage.output_tokens [{token}] " + modality("unknown") + " = 40",
                        "gen_ai.client.inference.usage.reasoning.output_tokens [{token}] " + modality("unknown")
                                + " = 10"));
        Map<String, String> expected = ofTheChat();
        expected.put("gen_ai.usage.audio.input_tokens", "20");
        expected.put("gen_ai.usage.text.input_tokens", "80");
        assertThat(attributes("qwen-code.llm_request")).isEqualTo(expected);
        assertExemplars();
    }

    @Test
    void latest_gemini() {
        generateContent(agent -> agent.latestConventions(true));

        assertThat(metrics())
                .isEqualTo(List.of(
                        "gen_ai.client.inference.duration [s] " + GEMINI + " = 1 time",
                        "gen_ai.client.inference.usage.cache_read.input_tokens [{token}] " + gemini("text") + " = 40",
                        "gen_ai.client.inference.usage.input_tokens [{token}] " + gemini("image") + " = 200",
                        "gen_ai.client.inference.usage.input_tokens [{token}] " + gemini("text") + " = 100",
                        "gen_ai.client.inference.usage.output_tokens [{token}] " + gemini("text") + " = 5",
                        "gen_ai.client.inference.usage.output_tokens [{token}] " + gemini("unknown") + " = 7",
                        "gen_ai.client.inference.usage.reasoning.output_tokens [{token}] " + gemini("unknown")
                                + " = 7"));
        Map<String, String> expected = ofTheContent();
        expected.put("gen_ai.usage.image.input_tokens", "200");
        expected.put("gen_ai.usage.text.cache_read.input_tokens", "40");
        expected.put("gen_ai.usage.text.input_tokens", "100");
        expected.put("gen_ai.usage.text.output_tokens", "5");
        assertThat(attributes("qwen-code.llm_request")).isEqualTo(expected);
        assertExemplars();
    }

    @Test
    void earlier_gemini() {
        generateContent(agent -> agent.latestConventions(false));

        assertThat(metrics())
                .isEqualTo(List.of(
                        "gen_ai.client.operation.duration [s] " + GEMINI + " = 1 time",
                        "gen_ai.client.token.usage [{token}] " + with(GEMINI, "gen_ai.token.type=\"input\"") + " = 300",
                        "gen_ai.client.token.usage [{token}] " + with(GEMINI, "gen_ai.token.type=\"output\"")
                                + " = 12"));
        assertThat(attributes("qwen-code.llm_request")).isEqualTo(ofTheContent());
        assertExemplars();
    }

    @Test
    void latest_embeddingsAndFetches() {
        OpenAIClient client = openAi(agent -> agent.latestConventions(true));
        answers(okJson(EMBEDDING));
        client.embeddings()
                .create(EmbeddingCreateParams.builder()
                        .model("e")
                        .input("text")
                        .encodingFormat(EmbeddingCreateParams.EncodingFormat.FLOAT)
                        .dimensions(1)
                        .build());
        answers(okJson(RESPONSE));
        client.responses().retrieve("resp_1");

        String embeddings = "{gen_ai.operation.name=\"embeddings\", gen_ai.provider.name=\"openai\","
                + " gen_ai.request.model=\"e\", gen_ai.response.model=\"e-1\", server.address=\"localhost\","
                + " server.port=1}";
        assertThat(metrics())
                .isEqualTo(List.of(
                        "gen_ai.client.embeddings.duration [s] " + embeddings + " = 1 time",
                        "gen_ai.client.embeddings.operation.input_tokens [{token}] " + embeddings + " = 8",
                        "gen_ai.client.operation.duration [s] {gen_ai.operation.name=\"fetch_response\","
                                + " gen_ai.provider.name=\"openai\", gen_ai.response.model=\"m-1\", server.address=\"localhost\","
                                + " server.port=1} = 1 time"));
        List<SpanData> calls = telemetry.spans().stream()
                .filter(span -> span.getName().equals("qwen-code.llm_request"))
                .toList();
        assertThat(conventional(calls.get(0)))
                .containsEntry("gen_ai.request.encoding_formats", "[float]")
                .containsEntry("gen_ai.embeddings.dimension.count", "1")
                .containsEntry("gen_ai.usage.input_tokens", "8")
                .doesNotContainKey("gen_ai.response.finish_reasons");
        assertThat(conventional(calls.get(1)))
                .containsEntry("gen_ai.operation.name", "fetch_response")
                .containsEntry("gen_ai.response.id", "resp_1")
                .doesNotContainKey("gen_ai.usage.input_tokens")
                .doesNotContainKey("gen_ai.usage.output_tokens");
        assertExemplars();
    }

    @Test
    void earlier_aFetchIsNoModelCall() {
        OpenAIClient client = openAi(agent -> {});
        answers(okJson(RESPONSE));
        client.responses().retrieve("resp_1");

        assertThat(metrics()).isEmpty();
        assertThat(telemetry.spans()).extracting(SpanData::getName).containsExactly("GET");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void compactedConversation_isToldByTheLatestNames(boolean latest) {
        OpenAIClient client = openAi(agent -> agent.latestConventions(latest));
        answers(okJson(RESPONSE));
        client.responses()
                .create(ResponseCreateParams.builder()
                        .model("m")
                        .previousResponseId("resp_0")
                        .inputOfResponse(List.of(ResponseInputItem.ofCompaction(ResponseCompactionItemParam.builder()
                                .encryptedContent("sealed")
                                .build())))
                        .build());

        Map<String, String> told = attributes("qwen-code.llm_request");
        assertThat(told).containsEntry("gen_ai.request.previous_response.id", "resp_0");
        assertThat(told.get("gen_ai.conversation.compacted")).isEqualTo(latest ? "true" : null);
    }

    @Test
    void latest_agentAndTools() {
        OpenAIClient client = openAi(agent -> agent.latestConventions(true).agentName("main"));
        answers(stream());
        propagation.agent().interaction("p").run(turn -> {
            read(client);
            turn.tool("search").type("extension").run(tool -> {});
            turn.subagent("helper").run(helper -> {
                read(client);
                read(client);
            });
            turn.failed("broken");
        });

        assertThat(metrics())
                .contains(
                        "gen_ai.execute_tool.duration [s] {gen_ai.agent.name=\"main\", gen_ai.tool.name=\"search\","
                                + " gen_ai.tool.type=\"extension\"} = 1 time",
                        "gen_ai.invoke_agent.duration [s] {error.type=\"broken\", gen_ai.agent.name=\"main\"} = 1 time",
                        "gen_ai.invoke_agent.duration [s] {gen_ai.agent.name=\"helper\"} = 1 time",
                        "gen_ai.invoke_agent.inference_calls [{inference_call}] {gen_ai.agent.name=\"helper\"} = 2",
                        "gen_ai.invoke_agent.inference_calls [{inference_call}] {gen_ai.agent.name=\"main\"} = 1",
                        "gen_ai.invoke_agent.tool_calls [{tool_call}] {gen_ai.agent.name=\"helper\"} = 0",
                        "gen_ai.invoke_agent.tool_calls [{tool_call}] {gen_ai.agent.name=\"main\"} = 1");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void exception_isToldByClassAndStack(boolean latest) {
        failingChat(agent -> agent.latestConventions(latest));

        LogRecordData event = exception();
        assertThat(event.getSeverity()).isEqualTo(Severity.WARN);
        assertThat(event.getSpanContext().getSpanId())
                .isEqualTo(telemetry.span("qwen-code.llm_request").getSpanId());
        assertThat(eventName(event))
                .isEqualTo(latest ? "gen_ai.client.inference.exception" : "gen_ai.client.operation.exception");
        Map<String, String> told = new TreeMap<>();
        event.getAttributes().forEach((key, value) -> told.put(key.getKey(), value.toString()));
        told.remove("event.name"); // where the API has no name of an event
        assertThat(told).containsOnlyKeys("exception.type", "exception.stacktrace");
        assertThat(told).containsEntry("exception.type", InternalServerException.class.getName());
        assertThat(told.get("exception.stacktrace"))
                .startsWith(InternalServerException.class.getName() + "\n\tat ")
                .contains(ConventionsTest.class.getName() + ".")
                .doesNotContain("MARKER");
        String type = "error.type=\"500\", gen_ai.operation.name=\"chat\", gen_ai.provider.name=\"openai\","
                + " gen_ai.request.model=\"m\", server.address=\"localhost\", server.port=1";
        String ended = type.substring(type.indexOf("gen_ai"));
        assertThat(metrics())
                .isEqualTo(
                        latest
                                ? List.of(
                                        "gen_ai.client.inference.duration [s] {" + type + "} = 1 time",
                                        "gen_ai.client.inference.usage.input_tokens [{token}] "
                                                + with("{" + ended + "}", "gen_ai.token.modality=\"unknown\"") + " = 0",
                                        "gen_ai.client.inference.usage.output_tokens [{token}] "
                                                + with("{" + ended + "}", "gen_ai.token.modality=\"unknown\"") + " = 0")
                                : List.of("gen_ai.client.operation.duration [s] {" + type + "} = 1 time"));
    }

    @Test
    void exception_hasTheServicesWords_onlyWithContent() {
        failingChat(agent -> agent.content(ContentCapture.on()));

        assertThat(exception().getAttributes().get(AttributeKey.stringKey("exception.message")))
                .contains("MARKER");
    }

    private static String chat(String label) {
        return with(CHAT, label);
    }

    private static String modality(String modality) {
        return with(CHAT, "gen_ai.token.modality=\"" + modality + '"');
    }

    private static String gemini(String modality) {
        return with(GEMINI, "gen_ai.token.modality=\"" + modality + '"');
    }

    private static String with(String labels, String label) {
        return labels.replace("server.address", label + ", server.address");
    }

    private static Map<String, String> ofTheChat() {
        return new TreeMap<>(Map.ofEntries(
                Map.entry("gen_ai.operation.name", "chat"),
                Map.entry("gen_ai.provider.name", "openai"),
                Map.entry("gen_ai.request.model", "m"),
                Map.entry("gen_ai.request.stream", "true"),
                Map.entry("gen_ai.response.finish_reasons", "[stop]"),
                Map.entry("gen_ai.response.id", "c-1"),
                Map.entry("gen_ai.response.model", "m-1"),
                Map.entry("gen_ai.response.time_to_first_chunk", "seconds"),
                Map.entry("gen_ai.usage.cache_read.input_tokens", "30"),
                Map.entry("gen_ai.usage.cache_write.input_tokens", "5"),
                Map.entry("gen_ai.usage.input_tokens", "100"),
                Map.entry("gen_ai.usage.output_tokens", "40"),
                Map.entry("gen_ai.usage.reasoning.output_tokens", "10"),
                Map.entry("openai.api.type", "chat_completions"),
                Map.entry("server.address", "localhost"),
                Map.entry("server.port", "1")));
    }

    private static Map<String, String> ofTheContent() {
        return new TreeMap<>(Map.ofEntries(
                Map.entry("gen_ai.operation.name", "generate_content"),
                Map.entry("gen_ai.provider.name", "gcp.gemini"),
                Map.entry("gen_ai.request.model", "g"),
                Map.entry("gen_ai.response.finish_reasons", "[STOP]"),
                Map.entry("gen_ai.response.id", "r-1"),
                Map.entry("gen_ai.response.model", "g-1"),
                Map.entry("gen_ai.usage.cache_read.input_tokens", "40"),
                Map.entry("gen_ai.usage.input_tokens", "300"),
                Map.entry("gen_ai.usage.output_tokens", "12"),
                Map.entry("gen_ai.usage.reasoning.output_tokens", "7"),
                Map.entry("server.address", "localhost"),
                Map.entry("server.port", "1")));
    }

    private OpenAIClient openAi(Consumer<AgentTracingBuilder> agent) {
        propagation =
                LlmPropagation.builder(telemetry.openTelemetry()).agent(agent).build();
        return OpenAiClientFactory.create(propagation)
                .client(sdk ->
                        sdk.baseUrl(service.baseUrl() + "/v1").apiKey("key").maxRetries(0));
    }

    private void streamedChat(Consumer<AgentTracingBuilder> agent) {
        answers(stream());
        read(openAi(agent));
    }

    private static void read(OpenAIClient client) {
        try (StreamResponse<ChatCompletionChunk> chunks =
                client.chat().completions().createStreaming(Services.chat("hello"))) {
            assertThat(chunks.stream().count()).isEqualTo(5);
        }
    }

    private void failingChat(Consumer<AgentTracingBuilder> agent) {
        OpenAIClient client = openAi(agent);
        answers(aResponse()
                .withStatus(500)
                .withHeader("Content-Type", "application/json")
                .withBody("{\"error\":{\"message\":\"MARKER\"}}"));
        assertThatThrownBy(() -> client.chat().completions().create(Services.chat("hello")))
                .isInstanceOf(InternalServerException.class)
                .hasMessageContaining("MARKER");
    }

    private void generateContent(Consumer<AgentTracingBuilder> agent) {
        propagation =
                LlmPropagation.builder(telemetry.openTelemetry()).agent(agent).build();
        answers(okJson(CANDIDATE));
        try (Client client = GeminiClientFactory.create(propagation).client(sdk -> sdk.apiKey("key")
                .httpOptions(HttpOptions.builder().baseUrl(service.baseUrl()).build()))) {
            client.models.generateContent("g", "hello", null);
        }
    }

    private void answers(ResponseDefinitionBuilder answer) {
        service.resetAll();
        service.stubFor(any(anyUrl()).willReturn(answer));
    }

    private static ResponseDefinitionBuilder stream() {
        return aResponse().withHeader("Content-Type", "text/event-stream").withBody(STREAM);
    }

    private LogRecordData exception() {
        return telemetry.logs().stream()
                .filter(log -> eventName(log).endsWith(".exception"))
                .collect(Collectors.collectingAndThen(Collectors.toList(), logs -> {
                    assertThat(logs).hasSize(1);
                    return logs.get(0);
                }));
    }

    private static String eventName(LogRecordData log) {
        String attribute = log.getAttributes().get(AttributeKey.stringKey("event.name"));
        return attribute != null ? attribute : String.valueOf(log.getEventName());
    }

    /** Each point of a metric of the conventions leads to the span that it tells of. */
    private void assertExemplars() {
        List<String> spans = telemetry.spans().stream().map(SpanData::getSpanId).toList();
        assertThat(conventionalMetrics().flatMap(metric -> points(metric)))
                .isNotEmpty()
                .allSatisfy(point -> assertThat(point.getExemplars())
                        .extracting(ExemplarData::getSpanContext)
                        .isNotEmpty()
                        .allSatisfy(context -> assertThat(spans).contains(context.getSpanId())));
    }

    private Stream<MetricData> conventionalMetrics() {
        if (collected.isEmpty()) { // once: what is collected has no exemplars any more
            collected = List.copyOf(telemetry.metrics());
        }
        return collected.stream().filter(metric -> metric.getName().startsWith("gen_ai."));
    }

    private static Stream<? extends PointData> points(MetricData metric) {
        return metric.getData().getPoints().stream();
    }

    private List<String> metrics() {
        return conventionalMetrics()
                .flatMap(metric -> lines(metric))
                .map(this::plain)
                .sorted()
                .toList();
    }

    private static Stream<String> lines(MetricData metric) {
        String head = metric.getName() + " [" + metric.getUnit() + "] ";
        if (metric.getType() == MetricDataType.LONG_SUM) {
            assertThat(metric.getLongSumData().isMonotonic()).isTrue();
            return metric.getLongSumData().getPoints().stream()
                    .map(point -> head + point.getAttributes() + " = " + point.getValue());
        }
        return metric.getHistogramData().getPoints().stream()
                .map(point -> head + point.getAttributes() + " = "
                        + (metric.getUnit().equals("s")
                                ? point.getCount() + (point.getCount() == 1 ? " time" : " times")
                                : Long.toString(Math.round(point.getSum()))));
    }

    private Map<String, String> attributes(String span) {
        return conventional(telemetry.span(span));
    }

    private Map<String, String> conventional(SpanData span) {
        Map<String, String> told = new TreeMap<>();
        span.getAttributes().forEach((key, value) -> {
            String name = key.getKey();
            if (name.startsWith("gen_ai.") || name.startsWith("openai.") || name.startsWith("server.")) {
                told.put(name, value instanceof Double ? "seconds" : value.toString());
            }
        });
        told.replace("server.port", Integer.toString(service.getPort()), "1");
        return told;
    }

    private String plain(String line) {
        return line.replace("server.port=" + service.getPort(), "server.port=1");
    }
}
