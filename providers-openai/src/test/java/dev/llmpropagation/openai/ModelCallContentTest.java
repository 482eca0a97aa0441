package dev.llmpropagation.openai;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.openai.client.OpenAIClient;
import com.openai.core.JsonValue;
import com.openai.core.ObjectMappers;
import com.openai.core.http.StreamResponse;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.FunctionDefinition;
import com.openai.models.FunctionParameters;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessage;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStreamEvent;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.agent.ContentCapture;
import dev.llmpropagation.fixtures.RecordedBody;
import dev.llmpropagation.fixtures.ServiceWire;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was said, where the program records it, is what the SDK's own types say. */
class ModelCallContentTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String EVENT = "gen_ai.client.inference.operation.details";

    @RegisterExtension
    final SdkWire wire = new SdkWire();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "chat-text.json",
                "chat-tools.json",
                "chat-choices.json",
                "chat-refusal.json",
                "chat-reasoning.json",
                "chat-unknown-fields.json",
                "chat-escaped-names.json"
            })
    void chatCompletion_isToldAsTheSdkReadsIt(String body) throws IOException {
        answers(body);
        ChatCompletion typed = client(ContentCapture.on()).chat().completions().create(SdkWire.chat());

        assertThat(content("gen_ai.output.messages")).isEqualTo(messages(typed));
        assertThat(content("gen_ai.input.messages"))
                .isEqualTo(
                        JSON.readTree("[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"hello\"}]}]"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "chat-text.sse",
                "chat-tools.sse",
                "chat-interleaved-tools.sse",
                "chat-choices.sse",
                "chat-refusal.sse",
                "chat-text-of-events.sse",
                "chat-logprobs-crlf.sse"
            })
    void streamedChatCompletion_isToldAsTheSdkReadsIt(String body) throws IOException {
        answers(body);
        ChatCompletionAccumulator typed = ChatCompletionAccumulator.create();
        try (StreamResponse<ChatCompletionChunk> stream =
                client(ContentCapture.on()).chat().completions().createStreaming(SdkWire.chat())) {
            stream.stream().forEach(typed::accumulate);
        }

        assertThat(content("gen_ai.output.messages")).isEqualTo(messages(typed.chatCompletion()));
    }

    /** The accumulator wants more of an answer than these say. */
    @ParameterizedTest
    @ValueSource(strings = {"chat-returns.sse", "chat-lines.sse"})
    void streamOfOddLines_isToldAsTheSdkReadsIt(String body) throws IOException {
        answers(body);
        StringBuilder text = new StringBuilder();
        try (StreamResponse<ChatCompletionChunk> stream =
                client(ContentCapture.on()).chat().completions().createStreaming(SdkWire.chat())) {
            stream.stream()
                    .flatMap(chunk -> chunk.choices().stream())
                    .forEach(choice -> choice.delta().content().ifPresent(text::append));
        }

        assertThat(text).isNotEmpty();
        assertThat(content("gen_ai.output.messages").get(0).get("parts"))
                .isEqualTo(JSON.createArrayNode()
                        .add(JSON.createObjectNode().put("type", "text").put("content", text.toString())));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "responses-text.json",
                "responses-tools.json",
                "responses-refusal.json",
                "responses-reasoning.json",
                "responses-incomplete.json"
            })
    void response_isToldAsTheSdkReadsIt(String body) throws IOException {
        answers(body);
        Response typed =
                client(ContentCapture.on()).responses().create(responses().build());

        assertThat(content("gen_ai.output.messages")).isEqualTo(messages(typed));
        assertThat(content("gen_ai.system_instructions"))
                .isEqualTo(JSON.readTree("[{\"type\":\"text\",\"content\":\"be brief\"}]"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "responses-text.sse",
                "responses-tools.sse",
                "responses-refusal.sse",
                "responses-reasoning.sse",
                "responses-hosted-tools.sse"
            })
    void streamedResponse_isToldAsTheSdkReadsIt(String body) throws IOException {
        answers(body);
        ResponseAccumulator typed = ResponseAccumulator.create();
        try (StreamResponse<ResponseStreamEvent> stream = client(ContentCapture.on())
                .responses()
                .createStreaming(responses().build())) {
            stream.stream().forEach(typed::accumulate);
        }

        assertThat(content("gen_ai.output.messages")).isEqualTo(messages(typed.response()));
    }

    /** Then nobody sends the answer once more, whole. */
    @Test
    void streamedResponseThatIsCut_isToldAsFarAsItCame() throws IOException {
        String whole = RecordedBody.of("responses-tools.sse").text();
        int done = whole.lastIndexOf("data:", whole.indexOf("response.completed"));
        wire.answers(ServiceWire.events(whole.substring(0, done)));
        StringBuilder arguments = new StringBuilder();
        try (StreamResponse<ResponseStreamEvent> stream = client(ContentCapture.on())
                .responses()
                .createStreaming(responses().build())) {
            stream.stream()
                    .forEach(event -> event.functionCallArgumentsDelta().ifPresent(d -> arguments.append(d.delta())));
        }

        JsonNode call = content("gen_ai.output.messages").get(0).get("parts").get(0);
        assertThat(arguments).isNotEmpty();
        assertThat(call.get("type").textValue()).isEqualTo("tool_call");
        JsonNode told = call.get("arguments");
        assertThat(told.isTextual() ? told.textValue() : told.toString()).isEqualTo(arguments.toString());
    }

    @Test
    void reasoning_isToldOnlyIfAskedFor() throws IOException {
        answers("chat-reasoning.json");
        client(ContentCapture.on().reasoning(true)).chat().completions().create(SdkWire.chat());
        String thought = JSON.readTree(RecordedBody.of("chat-reasoning.json").text())
                .findValue("reasoning_content")
                .textValue();

        assertThat(thought).isNotEmpty();
        assertThat(content("gen_ai.output.messages").get(0).get("parts").get(0))
                .isEqualTo(JSON.createObjectNode().put("type", "reasoning").put("content", thought));
        wire.telemetry.reset();
        client(ContentCapture.on()).chat().completions().create(SdkWire.chat());
        assertThat(modelCall().toString()).doesNotContain(thought);
    }

    /** A whole turn with a tool: what was asked, called and answered before, and what the model may call. */
    @Test
    void request_isToldWhole() throws IOException {
        answers("chat-text.json");
        client(ContentCapture.on()).chat().completions().create(turn());

        assertThat(content("gen_ai.input.messages")).isEqualTo(JSON.readTree("""
                [{"role":"system","parts":[{"type":"text","content":"be brief"}]},
                 {"role":"user","parts":[
                  {"type":"text","content":"what is this?"},
                  {"type":"blob","modality":"image","mime_type":"image/png","size":5},
                  {"type":"uri","modality":"image","uri":"https://img.example/a.png"},
                  {"type":"blob","modality":"audio","mime_type":"audio/wav","size":2},
                  {"type":"file","modality":"document","file_id":"file-1"}]},
                 {"role":"assistant","parts":[
                  {"type":"tool_call","id":"call_1","name":"weather","arguments":{"city":"Oslo"}}]},
                 {"role":"tool","parts":[{"type":"tool_call_response","id":"call_1","response":"rain"}]}]
                """));
        assertThat(content("gen_ai.tool.definitions")).isEqualTo(JSON.readTree("""
                [{"type":"function","name":"weather","description":"of a city",
                  "parameters":{"type":"object","properties":{"city":{"type":"string"}}}}]
                """));
        assertThat(modelCall().toString()).doesNotContain("aGVsbG8", "signature-of-the-url");
    }

    @Test
    void requestOfResponses_isToldWhole() throws IOException {
        answers("responses-text.json");
        client(ContentCapture.on())
                .responses()
                .create(ResponseCreateParams.builder()
                        .model("m")
                        .input("unused")
                        .putAdditionalBodyProperty("input", JsonValue.from(JSON.readValue("""
                                [{"role":"user","content":[{"type":"input_text","text":"hi"},
                                  {"type":"input_image","image_url":"data:image/gif;base64,aGk="}]},
                                 {"type":"function_call","call_id":"c1","name":"weather","arguments":"{\\"city\\":\\"Oslo\\"}"},
                                 {"type":"function_call_output","call_id":"c1","output":"rain"}]
                                """, Object.class)))
                        .build());

        assertThat(content("gen_ai.input.messages")).isEqualTo(JSON.readTree("""
                [{"role":"user","parts":[{"type":"text","content":"hi"},
                  {"type":"blob","modality":"image","mime_type":"image/gif","size":2}]},
                 {"role":"assistant","parts":[
                  {"type":"tool_call","id":"c1","name":"weather","arguments":{"city":"Oslo"}}]},
                 {"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":"rain"}]}]
                """));
    }

    @Test
    void gate_saysWhere() throws IOException {
        answers("chat-text.json");
        for (String mode : List.of("SPAN_ONLY", "EVENT_ONLY", "SPAN_AND_EVENT", "no")) {
            wire.telemetry.reset();
            System.setProperty("otel.instrumentation.genai.capture-message-content", mode);
            try {
                client(ContentCapture.fromEnvironment()).chat().completions().create(SdkWire.chat());
            } finally {
                System.clearProperty("otel.instrumentation.genai.capture-message-content");
            }
            AttributeKey<String> messages = AttributeKey.stringKey("gen_ai.output.messages");
            assertThat(modelCall().getAttributes().get(messages) != null)
                    .as("on the span by " + mode)
                    .isEqualTo(mode.startsWith("SPAN"));
            List<LogRecordData> events = events();
            assertThat(events).hasSize(mode.contains("EVENT") ? 1 : 0);
            for (LogRecordData event : events) {
                assertThat(event.getAttributes().get(messages)).isNotNull();
                assertThat(text(event, "gen_ai.operation.name")).isEqualTo("chat");
                assertThat(text(event, "gen_ai.provider.name")).isEqualTo("openai");
                assertThat(text(event, "gen_ai.request.model")).isEqualTo("m");
                assertThat(event.getSpanContext().getSpanId())
                        .isEqualTo(modelCall().getSpanId());
            }
        }
    }

    @Test
    void redaction_seesEachText_andCanTakeItAway() throws IOException {
        answers("chat-text.json");
        ChatCompletion typed = client(
                        ContentCapture.on().redaction(text -> text.equals("rain") ? null : text.replace("Oslo", "***")))
                .chat()
                .completions()
                .create(turn());

        assertThat(text(modelCall(), "gen_ai.input.messages")).isNull();
        assertThat(content("gen_ai.output.messages")).isEqualTo(messages(typed));
        wire.telemetry.reset();
        client(ContentCapture.on().redaction(text -> text.replace("Oslo", "***")))
                .chat()
                .completions()
                .create(turn());
        assertThat(content("gen_ai.input.messages").toString())
                .contains("{\"city\":\"***\"}")
                .doesNotContain("Oslo");
    }

    /** Items come in pieces, then whole, then in the whole answer: each is kept once. */
    @Test
    void streamedResponse_mayBeAsLongAsTheLimit() throws IOException {
        answers("responses-text.sse");
        ResponseAccumulator typed = ResponseAccumulator.create();
        try (StreamResponse<ResponseStreamEvent> stream = client(ContentCapture.on())
                .responses()
                .createStreaming(responses().build())) {
            stream.stream().forEach(typed::accumulate);
        }
        String told = content("gen_ai.output.messages").toString();
        wire.telemetry.reset();
        for (int length : new int[] {told.length(), told.length() - 1}) {
            try (StreamResponse<ResponseStreamEvent> stream = client(
                            ContentCapture.on().maxLength(length))
                    .responses()
                    .createStreaming(responses().build())) {
                assertThat(stream.stream()).isNotEmpty();
            }
            assertThat(text(modelCall(), "gen_ai.output.messages")).isEqualTo(length == told.length() ? told : null);
            wire.telemetry.reset();
        }
    }

    @Test
    void whatIsTooLong_isLeftOutWhole() throws IOException {
        answers("chat-tools.sse");
        try (StreamResponse<ChatCompletionChunk> stream =
                client(ContentCapture.on().maxLength(100)).chat().completions().createStreaming(SdkWire.chat())) {
            assertThat(stream.stream()).isNotEmpty();
        }
        SpanData call = modelCall();
        assertThat(text(call, "gen_ai.output.messages")).isNull();
        assertThat(content("gen_ai.input.messages").get(0).get("parts").get(0).get("content"))
                .isEqualTo(JSON.getNodeFactory().textNode("hello"));
    }

    /** A service can echo it, and a program can write it into a prompt. */
    @Test
    void credential_isNoContent() {
        wire.answers(WireMock.okJson("""
                {"id":"c-1","model":"m","object":"chat.completion","created":1,"choices":[{"index":0,"finish_reason":"stop",
                 "message":{"role":"assistant","content":"you are sk-very-secret"}}]}"""));
        OpenAIClient client = wire.client(
                OpenAiClientFactory.create(propagation(ContentCapture.on())), sdk -> sdk.apiKey("sk-very-secret"));
        SdkWire.ask(client);

        assertThat(modelCall().toString()).doesNotContain("very-secret");
        assertThat(events().toString()).doesNotContain("very-secret");
        assertThat(text(modelCall(), "gen_ai.input.messages")).isNotNull();
    }

    @Test
    void credentialInAnError_isNoContent() {
        OpenAIClient client = wire.client(
                OpenAiClientFactory.create(propagation(ContentCapture.on())), sdk -> sdk.apiKey("sk-very-secret"));
        for (String said :
                List.of("no such key: sk-very-secret", "no such key: sk-of-another-secret", "no such model")) {
            wire.telemetry.reset();
            wire.answers(WireMock.jsonResponse("{\"error\":{\"message\":\"" + said + "\"}}", 401));
            assertThatThrownBy(() -> SdkWire.ask(client)).hasMessageContaining(said);
            assertThat(wire.telemetry.logs())
                    .filteredOn(log -> name(log).endsWith(".exception"))
                    .singleElement()
                    .satisfies(log ->
                            assertThat(text(log, "exception.message") != null).isEqualTo(!said.contains("very")));
            assertThat(wire.telemetry.logs().toString() + modelCall()).doesNotContain("very-secret", "another-secret");
        }
    }

    private static ChatCompletionCreateParams turn() throws IOException {
        return ChatCompletionCreateParams.builder()
                .model("m")
                .addFunctionTool(FunctionDefinition.builder()
                        .name("weather")
                        .description("of a city")
                        .parameters(FunctionParameters.builder()
                                .putAdditionalProperty("type", JsonValue.from("object"))
                                .putAdditionalProperty(
                                        "properties", JsonValue.from(Map.of("city", Map.of("type", "string"))))
                                .build())
                        .build())
                .messages(List.of())
                .putAdditionalBodyProperty("messages", JsonValue.from(JSON.readValue("""
                        [{"role":"system","content":"be brief"},
                         {"role":"user","content":[{"type":"text","text":"what is this?"},
                           {"type":"image_url","image_url":{"url":"data:image/png;base64,aGVsbG8="}},
                           {"type":"image_url","image_url":{"url":"https://img.example/a.png?sig=signature-of-the-url"}},
                           {"type":"input_audio","input_audio":{"data":"aGk=","format":"wav"}},
                           {"type":"file","file":{"file_id":"file-1"}}]},
                         {"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function",
                           "function":{"name":"weather","arguments":"{\\"city\\":\\"Oslo\\"}"}}]},
                         {"role":"tool","tool_call_id":"call_1","content":"rain"}]
                        """, Object.class)))
                .build();
    }

    private static ResponseCreateParams.Builder responses() {
        return ResponseCreateParams.builder().model("m").input("hello").instructions("be brief");
    }

    private void answers(String name) {
        RecordedBody body = RecordedBody.of(name);
        wire.answers(WireMock.aResponse().withBody(body.bytes()).withHeader("Content-Type", body.contentType()));
    }

    private LlmPropagation propagation(ContentCapture capture) {
        return LlmPropagation.builder(wire.openTelemetry)
                .diagnostics(wire.diagnostics::add)
                .agent(agent -> agent.content(capture))
                .build();
    }

    private OpenAIClient client(ContentCapture capture) {
        return wire.client(OpenAiClientFactory.create(propagation(capture)), sdk -> {});
    }

    private SpanData modelCall() {
        await().until(() ->
                wire.telemetry.spans().stream().anyMatch(span -> span.getName().equals("qwen-code.llm_request")));
        return wire.telemetry.span("qwen-code.llm_request");
    }

    /** Where older OpenTelemetry has no names of events they are attributes. */
    private static String name(LogRecordData log) {
        String attribute = text(log, "event.name");
        return attribute != null ? attribute : String.valueOf(log.getEventName());
    }

    private List<LogRecordData> events() {
        return wire.telemetry.logs().stream()
                .filter(log -> name(log).equals(EVENT))
                .toList();
    }

    /** The same on span and event. */
    private JsonNode content(String name) throws IOException {
        String onSpan = text(modelCall(), name);
        assertThat(events()).singleElement().satisfies(event -> assertThat(text(event, name))
                .isEqualTo(onSpan));
        assertThat(onSpan).as(name).isNotNull();
        return JSON.readTree(onSpan);
    }

    private static JsonNode messages(ChatCompletion typed) throws IOException {
        ArrayNode messages = JSON.createArrayNode();
        List<ChatCompletion.Choice> choices = typed.choices().stream()
                .sorted((a, b) -> Long.compare(a.index(), b.index()))
                .toList();
        for (ChatCompletion.Choice choice : choices) {
            ObjectNode node = messages.addObject().put("role", "assistant");
            ArrayNode parts = node.putArray("parts");
            ChatCompletionMessage message = choice.message();
            message.content()
                    .filter(text -> !text.isEmpty())
                    .ifPresent(text -> parts.addObject().put("type", "text").put("content", text));
            message.refusal()
                    .filter(text -> !text.isEmpty())
                    .ifPresent(text -> parts.addObject().put("type", "refusal").put("content", text));
            for (var call : message.toolCalls().orElse(List.of())) {
                var function = call.asFunction();
                put(
                        parts.addObject()
                                .put("type", "tool_call")
                                .put("id", function.id())
                                .put("name", function.function().name()),
                        function.function().arguments());
            }
            String reason = choice.finishReason().asString();
            node.put("finish_reason", reason.equals("tool_calls") ? "tool_call" : reason);
        }
        return JSON.readTree(messages.toString());
    }

    private static JsonNode messages(Response typed) throws IOException {
        ArrayNode messages = JSON.createArrayNode();
        ObjectNode node = messages.addObject().put("role", "assistant");
        ArrayNode parts = node.putArray("parts");
        boolean calls = false;
        for (var item : typed.output()) {
            if (item.isMessage()) {
                item.asMessage().content().forEach(content -> {
                    if (content.isOutputText()) {
                        parts.addObject()
                                .put("type", "text")
                                .put("content", content.asOutputText().text());
                    } else {
                        parts.addObject()
                                .put("type", "refusal")
                                .put("content", content.asRefusal().refusal());
                    }
                });
            } else if (item.isFunctionCall()) {
                calls = true;
                put(
                        parts.addObject()
                                .put("type", "tool_call")
                                .put("id", item.asFunctionCall().callId())
                                .put("name", item.asFunctionCall().name()),
                        item.asFunctionCall().arguments());
            } else if (!item.isReasoning()) {
                JsonNode json = ObjectMappers.jsonMapper().valueToTree(item);
                String type = json.get("type").textValue();
                ObjectNode call = parts.addObject().put("type", "server_tool_call");
                call.put("id", json.get("id").textValue()).put("name", type);
                call.putObject("server_tool_call").put("type", type);
            }
        }
        String status = typed.status().get().asString();
        String reason = status.equals("completed")
                ? (calls ? "tool_call" : "stop")
                : typed.incompleteDetails().get().reason().get().asString();
        node.put("finish_reason", reason.equals("max_output_tokens") ? "length" : reason);
        return JSON.readTree(messages.toString());
    }

    private static void put(ObjectNode call, String arguments) throws IOException {
        JsonNode json = JSON.readTree(arguments);
        if (json.isObject()) {
            call.set("arguments", json);
        } else {
            call.put("arguments", arguments);
        }
    }
}
