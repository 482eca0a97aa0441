package dev.llmpropagation.gemini;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.types.Candidate;
import com.google.genai.types.Content;
import com.google.genai.types.FunctionCall;
import com.google.genai.types.FunctionDeclaration;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.GoogleSearch;
import com.google.genai.types.Part;
import com.google.genai.types.Schema;
import com.google.genai.types.Tool;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.agent.ContentCapture;
import dev.llmpropagation.fixtures.RecordedBody;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was said, where the program records it, is what the SDK's own types say. */
class ModelCallContentTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @RegisterExtension
    final GeminiWire wire = new GeminiWire();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gemini-text.json",
                "gemini-tools.json",
                "gemini-choices.json",
                "gemini-image.json",
                "gemini-unknown-fields.json",
                "gemini-recitation.json",
                "gemini-vertex.json"
            })
    void answer_isToldAsTheSdkReadsIt(String body) throws IOException {
        answers(body);
        GenerateContentResponse typed =
                client(ContentCapture.on()).models.generateContent(GeminiWire.MODEL, "hi", null);

        assertThat(content("gen_ai.output.messages")).isEqualTo(messages(List.of(typed)));
        assertThat(content("gen_ai.input.messages"))
                .isEqualTo(JSON.readTree("[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"hi\"}]}]"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gemini-text.sse",
                "gemini-tools.sse",
                "gemini-parallel-tools.sse",
                "gemini-choices.sse",
                "gemini-thoughts.sse",
                "gemini-safety.sse",
                "gemini-grounding.sse",
                "gemini-cut.sse",
                "gemini-vertex.sse"
            })
    void streamedAnswer_isToldAsTheSdkReadsIt(String body) throws IOException {
        answers(body);
        List<GenerateContentResponse> typed = new ArrayList<>();
        try (ResponseStream<GenerateContentResponse> stream =
                client(ContentCapture.on()).models.generateContentStream(GeminiWire.MODEL, "hi", null)) {
            stream.forEach(typed::add);
        }

        assertThat(content("gen_ai.output.messages")).isEqualTo(messages(typed));
    }

    @Test
    void thoughts_areToldOnlyIfAskedFor() throws IOException {
        answers("gemini-thoughts.sse");
        StringBuilder thought = new StringBuilder();
        try (ResponseStream<GenerateContentResponse> stream = client(
                        ContentCapture.on().reasoning(true))
                .models
                .generateContentStream(GeminiWire.MODEL, "hi", null)) {
            stream.forEach(response -> response.parts().forEach(part -> {
                if (part.thought().orElse(false)) {
                    thought.append(part.text().orElse(""));
                }
            }));
        }

        assertThat(thought).isNotEmpty();
        assertThat(content("gen_ai.output.messages").get(0).get("parts").get(0))
                .isEqualTo(JSON.createObjectNode().put("type", "reasoning").put("content", thought.toString()));
    }

    /** A whole turn with a tool: what was asked, called and answered before, and what the model may call. */
    @Test
    void request_isToldWhole() throws IOException {
        answers("gemini-text.json");
        GenerateContentConfig config = GenerateContentConfig.builder()
                .systemInstruction(Content.fromParts(Part.fromText("be brief")))
                .tools(
                        Tool.builder()
                                .functionDeclarations(FunctionDeclaration.builder()
                                        .name("weather")
                                        .description("of a city")
                                        .parameters(Schema.builder()
                                                .type("OBJECT")
                                                .properties(Map.of(
                                                        "city",
                                                        Schema.builder()
                                                                .type("STRING")
                                                                .build()))
                                                .build())
                                        .build())
                                .build(),
                        Tool.builder()
                                .googleSearch(GoogleSearch.builder().build())
                                .build())
                .build();
        List<Content> contents = List.of(
                Content.builder()
                        .role("user")
                        .parts(
                                Part.fromText("what is this?"),
                                Part.fromBytes("hello".getBytes(StandardCharsets.UTF_8), "image/png"),
                                Part.fromUri("gs://bucket/film.mp4?x=hidden", "video/mp4"))
                        .build(),
                Content.builder()
                        .role("model")
                        .parts(Part.fromFunctionCall("weather", Map.of("city", "Oslo")))
                        .build(),
                Content.builder()
                        .role("user")
                        .parts(Part.fromFunctionResponse("weather", Map.of("output", "rain")))
                        .build());
        client(ContentCapture.on()).models.generateContent(GeminiWire.MODEL, contents, config);

        assertThat(content("gen_ai.system_instructions"))
                .isEqualTo(JSON.readTree("[{\"type\":\"text\",\"content\":\"be brief\"}]"));
        assertThat(content("gen_ai.input.messages")).isEqualTo(JSON.readTree("""
                [{"role":"user","parts":[
                  {"type":"text","content":"what is this?"},
                  {"type":"blob","modality":"image","mime_type":"image/png","size":5},
                  {"type":"uri","modality":"video","mime_type":"video/mp4","uri":"gs://bucket/film.mp4"}]},
                 {"role":"assistant","parts":[{"type":"tool_call","name":"weather","arguments":{"city":"Oslo"}}]},
                 {"role":"tool","parts":[{"type":"tool_call_response","name":"weather","response":{"output":"rain"}}]}]
                """));
        assertThat(content("gen_ai.tool.definitions")).isEqualTo(JSON.readTree("""
                [{"type":"function","name":"weather","description":"of a city",
                  "parameters":{"type":"OBJECT","properties":{"city":{"type":"STRING"}}}},
                 {"type":"googleSearch","name":"googleSearch"}]
                """));
    }

    @Test
    void withoutContent_nothingIsTold() throws IOException {
        answers("gemini-text.json");
        client(ContentCapture.off()).models.generateContent(GeminiWire.MODEL, "hi", null);

        assertThat(modelCall().getAttributes().asMap().keySet())
                .noneMatch(key -> key.getKey().endsWith(".messages"));
        assertThat(wire.telemetry.logs()).isEmpty();
    }

    private void answers(String name) {
        RecordedBody body = RecordedBody.of(name);
        wire.answers(WireMock.aResponse().withBody(body.bytes()).withHeader("Content-Type", body.contentType()));
    }

    private Client client(ContentCapture capture) {
        LlmPropagation propagation = LlmPropagation.builder(wire.openTelemetry)
                .agent(agent -> agent.content(capture))
                .build();
        return wire.client(GeminiClientFactory.create(propagation), sdk -> {});
    }

    private SpanData modelCall() {
        await().until(() ->
                wire.telemetry.spans().stream().anyMatch(span -> span.getName().equals("qwen-code.llm_request")));
        return wire.telemetry.span("qwen-code.llm_request");
    }

    /** The same on span and event. */
    private JsonNode content(String name) throws IOException {
        String onSpan = text(modelCall(), name);
        assertThat(wire.telemetry.logs()).singleElement().satisfies(event -> assertThat(text(event, name))
                .isEqualTo(onSpan));
        assertThat(onSpan).as(name).isNotNull();
        return JSON.readTree(onSpan);
    }

    private static JsonNode messages(List<GenerateContentResponse> typed) throws IOException {
        SortedMap<Integer, ObjectNode> messages = new TreeMap<>();
        for (GenerateContentResponse response : typed) {
            for (Candidate candidate : response.candidates().orElse(List.of())) {
                ObjectNode message = messages.computeIfAbsent(candidate.index().orElse(0), index -> {
                    ObjectNode node = JSON.createObjectNode().put("role", "assistant");
                    node.putArray("parts");
                    return node;
                });
                ArrayNode parts = (ArrayNode) message.get("parts");
                candidate.content().flatMap(Content::parts).orElse(List.of()).forEach(part -> add(part, parts));
                boolean calls = !parts.findValuesAsText("name").isEmpty();
                candidate
                        .finishReason()
                        .ifPresent(reason -> message.put(
                                "finish_reason",
                                switch (reason.toString()) {
                                    case "STOP" -> calls ? "tool_call" : "stop";
                                    case "MAX_TOKENS" -> "length";
                                    case "SAFETY", "RECITATION" -> "content_filter";
                                    default -> reason.toString().toLowerCase(Locale.ROOT);
                                }));
            }
        }
        ArrayNode all = JSON.createArrayNode();
        messages.values().forEach(all::add);
        return JSON.readTree(all.toString());
    }

    private static void add(Part part, ArrayNode parts) {
        String text = part.text().orElse("");
        JsonNode last = parts.isEmpty() ? null : parts.get(parts.size() - 1);
        if (!text.isEmpty() && !part.thought().orElse(false)) {
            if (last != null && last.get("type").textValue().equals("text")) {
                ((ObjectNode) last).put("content", last.get("content").textValue() + text);
            } else {
                parts.addObject().put("type", "text").put("content", text);
            }
        }
        part.functionCall().ifPresent(call -> add(call, parts));
        part.inlineData().ifPresent(blob -> parts.addObject()
                .put("type", "blob")
                .put("modality", "image")
                .put("mime_type", blob.mimeType().get())
                .put("size", blob.data().get().length));
    }

    private static void add(FunctionCall call, ArrayNode parts) {
        ObjectNode node = parts.addObject().put("type", "tool_call");
        call.id().ifPresent(id -> node.put("id", id));
        node.put("name", call.name().get());
        call.args().ifPresent(args -> node.set("arguments", JSON.valueToTree(args)));
    }
}
