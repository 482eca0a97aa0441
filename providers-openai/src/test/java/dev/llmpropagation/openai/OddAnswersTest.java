package dev.llmpropagation.openai;

import static dev.llmpropagation.fixtures.Attributed.flag;
import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.Attributed.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.github.tomakehurst.wiremock.client.WireMock;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.responses.ResponseCompactParams;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers with labels that are wrong, and answers that are none, as gateways give them; the SDK reads the bytes. */
class OddAnswersTest {

    private static final String STREAM = """
            data: {"id":"c-7","model":"m-1","choices":[{"index":0,"delta":{"role":"assistant","content":"he"}}]}

            data: {"id":"c-7","model":"m-1","choices":[{"index":0,"delta":{"content":"llo"},"finish_reason":"stop"}]}

            data: {"id":"c-7","model":"m-1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}

            data: [DONE]

            """;
    private static final String DOCUMENT = """
            {"id":"c-7","object":"chat.completion","created":1,"model":"m-1","choices":[{"index":0,"finish_reason":"stop",
            "message":{"role":"assistant","content":"hello"}}],"usage":{"prompt_tokens":9,"completion_tokens":4,
            "total_tokens":13}}""";

    @RegisterExtension
    final SdkWire wire = new SdkWire();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Content-Type: text/plain",
                "Content-Type: application/json",
                "Content-Type: text/event-stream, text/event-stream",
                "Content-Type: text/event-stream; Content-Type: text/event-stream",
                "Content-Type: text/event-stream; Content-Encoding: none",
                "Content-Type: text/event-stream; Content-Encoding: utf-8",
                "Content-Type: text/event-stream; Content-Encoding: identity, identity",
                "Content-Type: text/event-stream; Content-Encoding: identity; Content-Encoding: identity",
            })
    void stream_isReadWhateverItsLabels(String labels) {
        answer(STREAM, labels);
        try (StreamResponse<ChatCompletionChunk> stream = SdkWire.stream(wire.client())) {
            assertThat(stream.stream()).hasSize(3);
        }
        assertAnswer(wire.modelCalls(1).get(0));
        // The mark is known as well: the SDK reads no further, and that is no interruption.
        assertThat(outcome(wire.attempts(1).get(0))).isEqualTo("completed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Content-Type: text/html",
                "Content-Type: text/event-stream",
                "Content-Type: application/json; Content-Encoding: none",
                "Content-Type: application/json; Content-Encoding: utf-8",
            })
    void document_isReadWhateverItsLabels(String labels) {
        answer(DOCUMENT, labels);
        assertThat(SdkWire.ask(wire.client()).id()).isEqualTo("c-7");
        assertAnswer(wire.modelCalls(1).get(0));
    }

    @Test
    void documentAfterAByteOrderMark_isReadAsTheSdkDoes() {
        answer("\uFEFF" + DOCUMENT, "Content-Type: application/json");
        assertThat(SdkWire.ask(wire.client()).id()).isEqualTo("c-7");
        assertAnswer(wire.modelCalls(1).get(0));
    }

    @Test
    void streamThatEndsEarly_isAFailedCall_whateverTheProgramGets() {
        answer(STREAM.substring(0, STREAM.indexOf("\n\n") + 2), "Content-Type: text/event-stream");
        try (StreamResponse<ChatCompletionChunk> stream = SdkWire.stream(wire.client())) {
            assertThat(stream.stream()).hasSize(1);
        }
        SpanData call = wire.modelCalls(1).get(0);
        assertFailed(call);
        assertThat(text(call, "error.type")).isEqualTo("incomplete_response");
        assertThat(text(call, "gen_ai.response.id")).isEqualTo("c-7");
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "{}", "\"\""})
    void errorWithNothingInIt_failsAStream_andNoDocument(String error) {
        answer(STREAM.replaceFirst("\\{", "{\"error\":" + error + ","), "Content-Type: text/event-stream");
        assertThat(catchThrowable(() -> {
                    try (StreamResponse<ChatCompletionChunk> stream = SdkWire.stream(wire.client())) {
                        stream.stream().forEach(chunk -> assertThat(chunk).isNotNull());
                    }
                }))
                .isNotNull();
        assertFailed(wire.modelCalls(1).get(0));

        wire.telemetry.reset();
        answer(DOCUMENT.replaceFirst("\\{", "{\"error\":" + error + ","), "Content-Type: application/json");
        SdkWire.ask(wire.client());
        assertAnswer(wire.modelCalls(1).get(0));
    }

    @Test
    void compaction_isAModelCall() {
        answer("""
                {"id":"resp_1","object":"response.compaction","created_at":1,"output":[],"usage":{"input_tokens":9,
                "input_tokens_details":{"cached_tokens":0},"output_tokens":4,"output_tokens_details":
                {"reasoning_tokens":0},"total_tokens":13}}""", "Content-Type: application/json");
        wire.client()
                .responses()
                .compact(ResponseCompactParams.builder().model("m").build());

        SpanData call = wire.modelCalls(1).get(0);
        assertThat(wire.requests().get(0).getUrl()).endsWith("/responses/compact");
        assertThat(text(call, "gen_ai.operation.name")).isEqualTo("chat");
        assertThat(number(call, "gen_ai.usage.output_tokens")).isEqualTo(4);
        assertThat(flag(call, "success")).isTrue();
    }

    private void answer(String body, String labels) {
        var response = WireMock.aResponse().withStatus(200).withBody(body.getBytes(StandardCharsets.UTF_8));
        Map<String, List<String>> headers = new LinkedHashMap<>();
        for (String label : labels.split("; ")) {
            if (!label.isEmpty()) {
                String[] parts = label.split(": ");
                headers.computeIfAbsent(parts[0], name -> new ArrayList<>()).add(parts[1]);
            }
        }
        headers.forEach((name, values) -> response.withHeader(name, values.toArray(new String[0])));
        wire.answers(response);
    }

    private static void assertAnswer(SpanData call) {
        assertThat(text(call, "gen_ai.response.id")).isEqualTo("c-7");
        assertThat(text(call, "gen_ai.response.model")).isEqualTo("m-1");
        assertThat(number(call, "gen_ai.usage.output_tokens")).isEqualTo(4);
        assertThat(texts(call, "gen_ai.response.finish_reasons")).containsExactly("stop");
        assertThat(flag(call, "success")).isTrue();
    }

    private static void assertFailed(SpanData call) {
        assertThat(outcome(call)).isEqualTo("failed");
        assertThat(text(call, "error.type")).isNotEmpty();
        assertThat(flag(call, "success")).isFalse();
    }
}
