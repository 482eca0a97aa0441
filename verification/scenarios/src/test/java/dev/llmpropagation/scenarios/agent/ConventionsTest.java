package dev.llmpropagation.scenarios.agent;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.InternalServerException;
import com.openai.models.chat.completions.ChatCompletionChunk;
import dev.llmpropagation.agent.AgentTracingBuilder;
import dev.llmpropagation.agent.ContentCapture;
import dev.llmpropagation.internal.span.Convention;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.Metric;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names, units, attributes and values of both sets of the GenAI conventions, from what is on the wire of openai-java. */
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
    private static final String RESPONSE = """
            {"id":"resp_1","object":"response","created_at":1,"status":"completed","model":"m-1","output":[],\
            "parallel_tool_calls":true,"tool_choice":"auto","tools":[],"usage":{"input_tokens":3,"output_tokens":4,\
            "total_tokens":7,"input_tokens_details":{"cached_tokens":0},"output_tokens_details":{"reasoning_tokens":0}}}""";
    private static final String CHAT = "{gen_ai.operation.name=\"chat\", gen_ai.provider.name=\"openai\","
            + " gen_ai.request.model=\"m\", gen_ai.response.model=\"m-1\", server.address=\"localhost\", server.port=1}";

    @RegisterExtension
    final ConventionWire wire = new ConventionWire();

    private static List<String> earlierChat() {
        return List.of(
                "gen_ai.client.operation.duration [s] " + CHAT + " = 1 time",
                "gen_ai.client.operation.time_to_first_chunk [s] " + CHAT + " = 1 time",
                "gen_ai.client.token.usage [{token}] " + chat("gen_ai.token.type=\"input\"") + " = 100",
                "gen_ai.client.token.usage [{token}] " + chat("gen_ai.token.type=\"output\"") + " = 40");
    }

    private static List<String> latestChat() {
        return List.of(
                "gen_ai.client.inference.duration [s] " + CHAT + " = 1 time",
                "gen_ai.client.inference.operation.input_tokens [{token}] " + CHAT + " = 100",
                "gen_ai.client.inference.operation.output_tokens [{token}] " + CHAT + " = 40",
                "gen_ai.client.inference.time_per_output_chunk [s] " + CHAT + " = 2 times",
                "gen_ai.client.inference.time_to_first_chunk [s] " + CHAT + " = 1 time",
                "gen_ai.client.inference.usage.cache_read.input_tokens [{token}] " + modality("unknown") + " = 30",
                "gen_ai.client.inference.usage.cache_write.input_tokens [{token}] " + modality("unknown") + " = 5",
                "gen_ai.client.inference.usage.input_tokens [{token}] " + modality("audio") + " = 20",
                "gen_ai.client.inference.usage.input_tokens [{token}] " + modality("text") + " = 80",
                "gen_ai.client.inference.usage.output_tokens [{token}] " + modality("unknown") + " = 40",
                "gen_ai.client.inference.usage.reasoning.output_tokens [{token}] " + modality("unknown") + " = 10");
    }

    private static List<String> latestEmbeddingsAndFetches() {
        String embeddings = "{gen_ai.operation.name=\"embeddings\", gen_ai.provider.name=\"openai\","
                + " gen_ai.request.model=\"e\", gen_ai.response.model=\"e-1\", server.address=\"localhost\","
                + " server.port=1}";
        return List.of(
                "gen_ai.client.embeddings.duration [s] " + embeddings + " = 1 time",
                "gen_ai.client.embeddings.operation.input_tokens [{token}] " + embeddings + " = 8",
                "gen_ai.client.operation.duration [s] {gen_ai.operation.name=\"fetch_response\","
                        + " gen_ai.provider.name=\"openai\", gen_ai.response.model=\"m-1\", server.address=\"localhost\","
                        + " server.port=1} = 1 time");
    }

    private static List<String> earlierAgent() {
        return List.of("gen_ai.execute_tool.duration [s] {gen_ai.tool.name=\"search\"} = 1 time");
    }

    private static List<String> latestAgent() {
        return List.of(
                "gen_ai.execute_tool.duration [s] {gen_ai.agent.name=\"main\", gen_ai.tool.name=\"search\","
                        + " gen_ai.tool.type=\"extension\"} = 1 time",
                "gen_ai.invoke_agent.duration [s] {error.type=\"broken\", gen_ai.agent.name=\"main\"} = 1 time",
                "gen_ai.invoke_agent.duration [s] {gen_ai.agent.name=\"helper\"} = 1 time",
                "gen_ai.invoke_agent.inference_calls [{inference_call}] {gen_ai.agent.name=\"helper\"} = 2",
                "gen_ai.invoke_agent.inference_calls [{inference_call}] {gen_ai.agent.name=\"main\"} = 1",
                "gen_ai.invoke_agent.tool_calls [{tool_call}] {gen_ai.agent.name=\"helper\"} = 0",
                "gen_ai.invoke_agent.tool_calls [{tool_call}] {gen_ai.agent.name=\"main\"} = 1");
    }

    /** A new name needs its line above. */
    @Test
    void everyMetric_isAssertedHere() {
        assertThat(names(List.of(earlierChat(), earlierAgent()))).isEqualTo(names(Convention.EARLIER));
        assertThat(names(List.of(latestChat(), latestEmbeddingsAndFetches(), latestAgent())))
                .isEqualTo(names(Convention.V0_1));
    }

    /** Those of exceptions here and with the other SDK, that of content in ConventionAttributesTest. */
    @Test
    void everyEvent_isAsserted() {
        assertThat(LogEvent.values())
                .extracting(event -> event.eventName)
                .filteredOn(name -> name.startsWith("gen_ai."))
                .containsExactlyInAnyOrder(
                        "gen_ai.client.operation.exception",
                        "gen_ai.client.inference.exception",
                        "gen_ai.client.inference.operation.details");
    }

    private static Set<String> names(List<List<String>> lines) {
        return lines.stream()
                .flatMap(List::stream)
                .map(line -> line.substring(0, line.indexOf(' ')))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> names(Convention convention) {
        return Stream.of(Metric.values())
                .filter(metric -> metric.isOf(convention) && metric.metricName.startsWith("gen_ai."))
                .map(metric -> metric.metricName)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void earlier_openAi() {
        streamedChat(agent -> {});

        assertThat(wire.metrics()).isEqualTo(earlierChat());
        assertThat(wire.modelCall()).isEqualTo(ofTheChat());
        wire.assertExemplars();
    }

    @Test
    void latest_openAi() {
        streamedChat(agent -> agent.latestConventions(true).tokenHistograms(true));

        assertThat(wire.metrics()).isEqualTo(latestChat());
        Map<String, String> expected = ofTheChat();
        expected.put("gen_ai.usage.audio.input_tokens", "20");
        expected.put("gen_ai.usage.text.input_tokens", "80");
        assertThat(wire.modelCall()).isEqualTo(expected);
        wire.assertExemplars();
    }

    @Test
    void latest_embeddingsAndFetches() {
        OpenAIClient client = wire.openAi(agent -> agent.latestConventions(true));
        wire.embeds(client);
        wire.answers(RESPONSE);
        client.responses().retrieve("resp_1");

        assertThat(wire.metrics()).isEqualTo(latestEmbeddingsAndFetches());
        List<SpanData> calls = wire.telemetry.spans("qwen-code.llm_request");
        assertThat(wire.conventional(calls.get(0).getAttributes()))
                .containsEntry("gen_ai.request.encoding_formats", "[float]")
                .containsEntry("gen_ai.embeddings.dimension.count", "1")
                .containsEntry("gen_ai.usage.input_tokens", "8")
                .doesNotContainKey("gen_ai.response.finish_reasons");
        assertThat(wire.conventional(calls.get(1).getAttributes()))
                .containsEntry("gen_ai.operation.name", "fetch_response")
                .containsEntry("gen_ai.response.id", "resp_1")
                .doesNotContainKey("gen_ai.usage.input_tokens")
                .doesNotContainKey("gen_ai.usage.output_tokens");
        wire.assertExemplars();
    }

    @Test
    void earlier_aFetchIsNoModelCall() {
        OpenAIClient client = wire.openAi(agent -> {});
        wire.answers(RESPONSE);
        client.responses().retrieve("resp_1");

        assertThat(wire.metrics()).isEmpty();
        assertThat(wire.telemetry.spans()).extracting(SpanData::getName).containsExactly("GET");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void agentAndTools(boolean latest) {
        OpenAIClient client =
                wire.openAi(agent -> agent.latestConventions(latest).agentName("main"));
        wire.answers(STREAM);
        wire.propagation().agent().interaction("p").run(turn -> {
            read(client);
            turn.tool("search").type("extension").run(tool -> {});
            turn.subagent("helper").run(helper -> {
                read(client);
                read(client);
            });
            turn.failed("broken");
        });

        assertThat(wire.metrics().stream().filter(line -> !line.startsWith("gen_ai.client.")))
                .containsExactlyElementsOf(latest ? latestAgent() : earlierAgent());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void exception_isToldByClassAndStack(boolean latest) {
        failingChat(agent -> agent.latestConventions(latest));

        LogRecordData event = wire.event(".exception");
        assertThat(event.getSeverity()).isEqualTo(Severity.WARN);
        assertThat(event.getSpanContext().getSpanId())
                .isEqualTo(wire.telemetry.span("qwen-code.llm_request").getSpanId());
        assertThat(ConventionWire.eventName(event))
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
        assertThat(wire.metrics())
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
    void exceptionOfAFuture_isToldWithoutItsWrapper() {
        OpenAIClient client = wire.openAi(agent -> {});
        wire.refuses(500);
        assertThat(client.async().chat().completions().create(Services.chat("hello")))
                .failsWithin(Duration.ofSeconds(60))
                .withThrowableThat()
                .withCauseInstanceOf(InternalServerException.class);

        assertThat(text(wire.event(".exception"), "exception.type")).isEqualTo(InternalServerException.class.getName());
    }

    @Test
    void exception_hasTheServicesWords_onlyWithContent() {
        failingChat(agent -> agent.content(ContentCapture.on()));

        assertThat(text(wire.event(".exception"), "exception.message")).contains("MARKER");
    }

    private static String chat(String label) {
        return with(CHAT, label);
    }

    private static String modality(String modality) {
        return with(CHAT, "gen_ai.token.modality=\"" + modality + '"');
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

    private void streamedChat(Consumer<AgentTracingBuilder> agent) {
        wire.answers(STREAM);
        read(wire.openAi(agent));
    }

    private static void read(OpenAIClient client) {
        try (StreamResponse<ChatCompletionChunk> chunks =
                client.chat().completions().createStreaming(Services.chat("hello"))) {
            assertThat(chunks.stream().count()).isEqualTo(5);
        }
    }

    private void failingChat(Consumer<AgentTracingBuilder> agent) {
        OpenAIClient client = wire.openAi(agent);
        wire.refuses(500);
        assertThatThrownBy(() -> client.chat().completions().create(Services.chat("hello")))
                .isInstanceOf(InternalServerException.class)
                .hasMessageContaining("MARKER");
    }
}
