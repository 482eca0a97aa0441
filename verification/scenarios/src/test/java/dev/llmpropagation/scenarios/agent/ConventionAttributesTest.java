package dev.llmpropagation.scenarios.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.genai.Client;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.ThinkingConfig;
import com.openai.client.OpenAIClient;
import com.openai.core.JsonValue;
import com.openai.models.ReasoningEffort;
import com.openai.models.ResponseFormatJsonObject;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.responses.ResponseCompactionItemParam;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.WebSearchTool;
import dev.llmpropagation.agent.ContentCapture;
import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Convention;
import dev.llmpropagation.internal.span.SpanType;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every attribute of the conventions on a model call, by value and in both sets of names, from the wire of both SDKs. */
class ConventionAttributesTest {

    private static final String CHAT = """
            {"id":"c-1","object":"chat.completion","created":1,"model":"m-1","service_tier":"flex","system_fingerprint":\
            "fp-1","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"{}"},"logprobs":\
            null},{"index":1,"finish_reason":"length","message":{"role":"assistant","content":"{"},"logprobs":null}],\
            "usage":{"prompt_tokens":100,"completion_tokens":40,"total_tokens":140,"prompt_tokens_details":\
            {"cached_tokens":30,"cache_write_tokens":5,"text_tokens":50,"image_tokens":29,"audio_tokens":21},\
            "completion_tokens_details":{"reasoning_tokens":10,"text_tokens":19,"image_tokens":13,"audio_tokens":8}}}""";
    private static final String RESPONSE = """
            {"id":"resp_1","object":"response","created_at":1,"status":"completed","model":"m-1","output":[],\
            "parallel_tool_calls":true,"tool_choice":"auto","tools":[],"usage":{"input_tokens":3,"output_tokens":4,\
            "total_tokens":7,"input_tokens_details":{"cached_tokens":1},"output_tokens_details":{"reasoning_tokens":2}}}""";
    private static final String CANDIDATES = """
            {"responseId":"r-1","modelVersion":"g-1","candidates":[{"content":{"role":"model","parts":[{"text":"{}"}]},\
            "finishReason":"STOP","index":0},{"content":{"role":"model","parts":[{"text":"{"}]},"finishReason":\
            "MAX_TOKENS","index":1}],"usageMetadata":{"promptTokenCount":300,"toolUsePromptTokenCount":9,\
            "cachedContentTokenCount":40,"candidatesTokenCount":15,"thoughtsTokenCount":7,"totalTokenCount":331,\
            "promptTokensDetails":[{"modality":"TEXT","tokenCount":70},{"modality":"IMAGE","tokenCount":200},\
            {"modality":"AUDIO","tokenCount":30}],"toolUsePromptTokensDetails":[{"modality":"TEXT","tokenCount":9}],\
            "cacheTokensDetails":[{"modality":"TEXT","tokenCount":10},{"modality":"IMAGE","tokenCount":12},\
            {"modality":"AUDIO","tokenCount":18}],"candidatesTokensDetails":[{"modality":"TEXT","tokenCount":4},\
            {"modality":"IMAGE","tokenCount":5},{"modality":"AUDIO","tokenCount":6}]}}""";

    private static final Map<String, String> OF_THE_SERVER = Map.of("server.address", "localhost", "server.port", "1");

    /** What both SDKs can ask for. */
    private static final Map<String, String> OF_ALL_SETTINGS = Map.of(
            "gen_ai.output.type", "json",
            "gen_ai.request.choice.count", "2",
            "gen_ai.request.max_tokens", "7",
            "gen_ai.request.temperature", "0.5",
            "gen_ai.request.top_p", "0.25",
            "gen_ai.request.frequency_penalty", "0.125",
            "gen_ai.request.presence_penalty", "-0.5",
            "gen_ai.request.seed", "3",
            "gen_ai.request.stop_sequences", "[END, STOP]");

    private static final Map<String, String> OF_A_CHAT = all(
            OF_THE_SERVER,
            OF_ALL_SETTINGS,
            Map.ofEntries(
                    Map.entry("gen_ai.conversation.id", "s-1"),
                    Map.entry("gen_ai.user.id", "u-1"),
                    Map.entry("gen_ai.operation.name", "chat"),
                    Map.entry("gen_ai.provider.name", "openai"),
                    Map.entry("gen_ai.request.model", "m"),
                    Map.entry("gen_ai.request.reasoning.level", "low"),
                    Map.entry("gen_ai.response.finish_reasons", "[stop, length]"),
                    Map.entry("gen_ai.response.id", "c-1"),
                    Map.entry("gen_ai.response.model", "m-1"),
                    Map.entry("gen_ai.usage.cache_read.input_tokens", "30"),
                    Map.entry("gen_ai.usage.cache_write.input_tokens", "5"),
                    Map.entry("gen_ai.usage.input_tokens", "100"),
                    Map.entry("gen_ai.usage.output_tokens", "40"),
                    Map.entry("gen_ai.usage.reasoning.output_tokens", "10"),
                    Map.entry("openai.api.type", "chat_completions"),
                    Map.entry("openai.request.service_tier", "flex"),
                    Map.entry("openai.response.service_tier", "flex"),
                    Map.entry("openai.response.system_fingerprint", "fp-1")));
    private static final Map<String, String> OF_A_CHAT_BY_MODALITY = Map.of(
            "gen_ai.usage.text.input_tokens", "50",
            "gen_ai.usage.image.input_tokens", "29",
            "gen_ai.usage.audio.input_tokens", "21",
            "gen_ai.usage.text.output_tokens", "19",
            "gen_ai.usage.image.output_tokens", "13",
            "gen_ai.usage.audio.output_tokens", "8");

    private static final Map<String, String> OF_CANDIDATES = all(
            OF_THE_SERVER,
            OF_ALL_SETTINGS,
            Map.ofEntries(
                    Map.entry("gen_ai.operation.name", "generate_content"),
                    Map.entry("gen_ai.provider.name", "gcp.gemini"),
                    Map.entry("gen_ai.request.model", "g"),
                    Map.entry("gen_ai.request.top_k", "5"),
                    Map.entry("gen_ai.request.reasoning.level", "LOW"),
                    Map.entry("gen_ai.response.finish_reasons", "[STOP, MAX_TOKENS]"),
                    Map.entry("gen_ai.response.id", "r-1"),
                    Map.entry("gen_ai.response.model", "g-1"),
                    Map.entry("gen_ai.usage.cache_read.input_tokens", "40"),
                    Map.entry("gen_ai.usage.input_tokens", "309"),
                    Map.entry("gen_ai.usage.output_tokens", "22"),
                    Map.entry("gen_ai.usage.reasoning.output_tokens", "7")));
    private static final Map<String, String> OF_CANDIDATES_BY_MODALITY = Map.of(
            "gen_ai.usage.text.input_tokens", "79",
            "gen_ai.usage.image.input_tokens", "200",
            "gen_ai.usage.audio.input_tokens", "30",
            "gen_ai.usage.text.cache_read.input_tokens", "10",
            "gen_ai.usage.image.cache_read.input_tokens", "12",
            "gen_ai.usage.audio.cache_read.input_tokens", "18",
            "gen_ai.usage.text.output_tokens", "4",
            "gen_ai.usage.image.output_tokens", "5",
            "gen_ai.usage.audio.output_tokens", "6");

    private static final Map<String, String> OF_A_RESPONSE = all(
            OF_THE_SERVER,
            Map.ofEntries(
                    Map.entry("gen_ai.operation.name", "chat"),
                    Map.entry("gen_ai.provider.name", "openai"),
                    Map.entry("gen_ai.request.model", "m"),
                    Map.entry("gen_ai.request.previous_response.id", "resp_0"),
                    Map.entry("gen_ai.response.finish_reasons", "[completed]"),
                    Map.entry("gen_ai.response.id", "resp_1"),
                    Map.entry("gen_ai.response.model", "m-1"),
                    Map.entry("gen_ai.usage.cache_read.input_tokens", "1"),
                    Map.entry("gen_ai.usage.input_tokens", "3"),
                    Map.entry("gen_ai.usage.output_tokens", "4"),
                    Map.entry("gen_ai.usage.reasoning.output_tokens", "2"),
                    Map.entry("openai.api.type", "responses")));
    private static final Map<String, String> OF_A_COMPACTED_ONE = Map.of("gen_ai.conversation.compacted", "true");

    private static final Map<String, String> OF_EMBEDDINGS = all(
            OF_THE_SERVER,
            Map.of(
                    "gen_ai.operation.name", "embeddings",
                    "gen_ai.provider.name", "openai",
                    "gen_ai.request.model", "e",
                    "gen_ai.request.encoding_formats", "[float]",
                    "gen_ai.embeddings.dimension.count", "1",
                    "gen_ai.response.model", "e-1",
                    "gen_ai.usage.input_tokens", "8"));

    private static final Map<String, String> OF_CONTENT = Map.of(
            "gen_ai.system_instructions", "[{\"type\":\"text\",\"content\":\"be brief\"}]",
            "gen_ai.input.messages", "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"hi\"}]}]",
            "gen_ai.tool.definitions", "[{\"type\":\"web_search\",\"name\":\"web_search\"}]",
            "gen_ai.output.messages",
                    "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"yes\"}],\"finish_reason\":\"stop\"}]");

    /** What only a stream has; ConventionsTest has it by value. */
    private static final Set<String> OF_STREAMS =
            Set.of("gen_ai.request.stream", "gen_ai.response.time_to_first_chunk");

    @RegisterExtension
    final ConventionWire wire = new ConventionWire();

    /** A new name needs its line above. */
    @Test
    void everyAttribute_isAssertedHere() {
        List<Map<String, String>> both = List.of(OF_A_CHAT, OF_CANDIDATES, OF_A_RESPONSE, OF_EMBEDDINGS, OF_CONTENT);
        List<Map<String, String>> latest =
                List.of(OF_A_CHAT_BY_MODALITY, OF_CANDIDATES_BY_MODALITY, OF_A_COMPACTED_ONE);
        Set<String> earlierNames = names(both);
        Set<String> latestNames =
                names(Stream.concat(both.stream(), latest.stream()).toList());

        assertThat(earlierNames).isEqualTo(names(Convention.EARLIER));
        assertThat(latestNames).isEqualTo(names(Convention.V0_1));
    }

    private static Set<String> names(List<Map<String, String>> asserted) {
        return Stream.concat(asserted.stream().flatMap(map -> map.keySet().stream()), OF_STREAMS.stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> names(Convention convention) {
        return Stream.of(Attribute.values())
                .filter(attribute -> attribute.spans.contains(SpanType.LLM_REQUEST) && attribute.isOf(convention))
                .map(attribute -> attribute.key().getKey())
                .filter(name -> name.startsWith("gen_ai.") || name.startsWith("openai.") || name.startsWith("server."))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void chat(boolean latest) {
        OpenAIClient client = wire.openAi(agent -> agent.latestConventions(latest));
        wire.answers(CHAT);
        wire.propagation().agent().interaction("p").session("s-1").userId("u-1").run(turn -> client.chat()
                .completions()
                .create(ChatCompletionCreateParams.builder()
                        .model("m")
                        .addUserMessage("hi")
                        .n(2)
                        .maxCompletionTokens(7)
                        .temperature(0.5)
                        .topP(0.25)
                        .frequencyPenalty(0.125)
                        .presencePenalty(-0.5)
                        .putAdditionalBodyProperty("seed", JsonValue.from(3)) // its setter is deprecated
                        .stopOfStrings(List.of("END", "STOP"))
                        .reasoningEffort(ReasoningEffort.LOW)
                        .serviceTier(ChatCompletionCreateParams.ServiceTier.FLEX)
                        .responseFormat(ResponseFormatJsonObject.builder().build())
                        .build()));

        assertThat(wire.modelCall()).isEqualTo(all(OF_A_CHAT, latest ? OF_A_CHAT_BY_MODALITY : Map.of()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void candidates(boolean latest) {
        try (Client client = wire.gemini(agent -> agent.latestConventions(latest))) {
            wire.answers(CANDIDATES);
            client.models.generateContent(
                    "g",
                    "hi",
                    GenerateContentConfig.builder()
                            .candidateCount(2)
                            .maxOutputTokens(7)
                            .temperature(0.5f)
                            .topP(0.25f)
                            .topK(5f)
                            .frequencyPenalty(0.125f)
                            .presencePenalty(-0.5f)
                            .seed(3)
                            .stopSequences("END", "STOP")
                            .responseMimeType("application/json")
                            .thinkingConfig(ThinkingConfig.builder()
                                    .thinkingLevel("LOW")
                                    .build())
                            .build());
        }

        assertThat(wire.modelCall()).isEqualTo(all(OF_CANDIDATES, latest ? OF_CANDIDATES_BY_MODALITY : Map.of()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void response(boolean latest) {
        OpenAIClient client = wire.openAi(agent -> agent.latestConventions(latest));
        wire.answers(RESPONSE);
        client.responses()
                .create(ResponseCreateParams.builder()
                        .model("m")
                        .previousResponseId("resp_0")
                        .inputOfResponse(List.of(ResponseInputItem.ofCompaction(ResponseCompactionItemParam.builder()
                                .encryptedContent("sealed")
                                .build())))
                        .build());

        assertThat(wire.modelCall()).isEqualTo(all(OF_A_RESPONSE, latest ? OF_A_COMPACTED_ONE : Map.of()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void embeddings(boolean latest) {
        OpenAIClient client = wire.openAi(agent -> agent.latestConventions(latest));
        wire.embeds(client);

        assertThat(wire.modelCall()).isEqualTo(OF_EMBEDDINGS);
    }

    /** On the span, and on the event with what tells of which call it is. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void content(boolean latest) {
        OpenAIClient client =
                wire.openAi(agent -> agent.latestConventions(latest).content(ContentCapture.on()));
        wire.answers("""
                {"id":"resp_1","object":"response","created_at":1,"status":"completed","model":"m-1","output":[{"type":\
                "message","id":"o-1","role":"assistant","status":"completed","content":[{"type":"output_text","text":"yes",\
                "annotations":[]}]}],"parallel_tool_calls":true,"tool_choice":"auto","tools":[]}""");
        client.responses()
                .create(ResponseCreateParams.builder()
                        .model("m")
                        .instructions("be brief")
                        .input("hi")
                        .addTool(WebSearchTool.builder()
                                .type(WebSearchTool.Type.WEB_SEARCH)
                                .build())
                        .build());

        assertThat(wire.modelCall()).containsAllEntriesOf(OF_CONTENT);
        assertThat(wire.conventional(
                        wire.event("gen_ai.client.inference.operation.details").getAttributes()))
                .isEqualTo(all(
                        OF_CONTENT,
                        OF_THE_SERVER,
                        Map.of(
                                "gen_ai.operation.name", "chat",
                                "gen_ai.provider.name", "openai",
                                "gen_ai.request.model", "m",
                                "gen_ai.response.model", "m-1")));
    }

    @SafeVarargs
    private static Map<String, String> all(Map<String, String>... parts) {
        Map<String, String> all = new TreeMap<>();
        for (Map<String, String> part : parts) {
            all.putAll(part);
        }
        return all;
    }
}
