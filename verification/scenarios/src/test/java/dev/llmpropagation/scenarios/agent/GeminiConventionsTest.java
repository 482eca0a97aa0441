package dev.llmpropagation.scenarios.agent;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.errors.ClientException;
import com.google.genai.errors.GenAiIOException;
import com.google.genai.types.GenerateContentResponse;
import dev.llmpropagation.agent.AgentTracingBuilder;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names, units, attributes and values of metrics of both sets of the GenAI conventions, from the wire of google-genai. */
class GeminiConventionsTest {

    private static final String CHUNK = """
            {"responseId":"r-1","modelVersion":"g-1","candidates":[{"content":{"role":"model","parts":[{"text":"short"}]},\
            "index":0}]}""";
    private static final String LAST = """
            {"responseId":"r-1","modelVersion":"g-1","candidates":[{"content":{"role":"model","parts":[{"text":"end"}]},\
            "finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":300,"cachedContentTokenCount":40,\
            "candidatesTokenCount":15,"thoughtsTokenCount":7,"totalTokenCount":322,"promptTokensDetails":\
            [{"modality":"TEXT","tokenCount":70},{"modality":"IMAGE","tokenCount":200},{"modality":"AUDIO",\
            "tokenCount":30}],"cacheTokensDetails":[{"modality":"TEXT","tokenCount":10},{"modality":"IMAGE",\
            "tokenCount":12},{"modality":"AUDIO","tokenCount":18}],"candidatesTokensDetails":[{"modality":"TEXT",\
            "tokenCount":4},{"modality":"IMAGE","tokenCount":5},{"modality":"AUDIO","tokenCount":6}]}}""";
    private static final String STREAM =
            Stream.of(CHUNK, CHUNK, LAST).map("data: %s\n\n"::formatted).reduce("", String::concat);

    private static final String CALL = "{gen_ai.operation.name=\"generate_content\","
            + " gen_ai.provider.name=\"gcp.gemini\", gen_ai.request.model=\"g\", gen_ai.response.model=\"g-1\","
            + " server.address=\"localhost\", server.port=1}";

    @RegisterExtension
    final ConventionWire wire = new ConventionWire();

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void earlier(boolean streamed) {
        generateContent(streamed, agent -> agent.latestConventions(false));

        assertThat(wire.metrics())
                .containsExactlyElementsOf(Stream.of(
                                "gen_ai.client.operation.duration [s] " + CALL + " = 1 time",
                                streamed ? "gen_ai.client.operation.time_to_first_chunk [s] " + CALL + " = 1 time" : "",
                                "gen_ai.client.token.usage [{token}] " + with("gen_ai.token.type=\"input\"") + " = 300",
                                "gen_ai.client.token.usage [{token}] " + with("gen_ai.token.type=\"output\"") + " = 22")
                        .filter(line -> !line.isEmpty())
                        .toList());
        wire.assertExemplars();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void latest(boolean streamed) {
        generateContent(streamed, agent -> agent.latestConventions(true).tokenHistograms(true));

        String tokens = "gen_ai.client.inference.usage.";
        assertThat(wire.metrics())
                .containsExactlyElementsOf(Stream.of(
                                "gen_ai.client.inference.duration [s] " + CALL + " = 1 time",
                                "gen_ai.client.inference.operation.input_tokens [{token}] " + CALL + " = 300",
                                "gen_ai.client.inference.operation.output_tokens [{token}] " + CALL + " = 22",
                                streamed
                                        ? "gen_ai.client.inference.time_per_output_chunk [s] " + CALL + " = 2 times"
                                        : "",
                                streamed ? "gen_ai.client.inference.time_to_first_chunk [s] " + CALL + " = 1 time" : "",
                                tokens + "cache_read.input_tokens [{token}] " + modality("audio") + " = 18",
                                tokens + "cache_read.input_tokens [{token}] " + modality("image") + " = 12",
                                tokens + "cache_read.input_tokens [{token}] " + modality("text") + " = 10",
                                tokens + "input_tokens [{token}] " + modality("audio") + " = 30",
                                tokens + "input_tokens [{token}] " + modality("image") + " = 200",
                                tokens + "input_tokens [{token}] " + modality("text") + " = 70",
                                tokens + "output_tokens [{token}] " + modality("audio") + " = 6",
                                tokens + "output_tokens [{token}] " + modality("image") + " = 5",
                                tokens + "output_tokens [{token}] " + modality("text") + " = 4",
                                tokens + "output_tokens [{token}] " + modality("unknown") + " = 7",
                                tokens + "reasoning.output_tokens [{token}] " + modality("unknown") + " = 7")
                        .filter(line -> !line.isEmpty())
                        .toList());
        wire.assertExemplars();
    }

    /** That a status is an exception is decided by the SDK, above HTTP, where nobody hears of it. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void refusal_isCounted_withoutAnException(boolean latest) {
        try (Client client = wire.gemini(agent -> agent.latestConventions(latest))) {
            wire.refuses(400);
            assertThatThrownBy(() -> client.models.generateContent("g", "hello", null))
                    .isInstanceOf(ClientException.class);
        }

        assertThat(wire.metrics()).isEqualTo(ofAFailure("400", latest));
        wire.assertExemplars();
        assertThat(wire.telemetry.logs()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void connectionThatBreaks_isCountedAndToldByItsException(boolean latest) {
        try (Client client = wire.gemini(agent -> agent.latestConventions(latest))) {
            wire.breaksOff();
            assertThatThrownBy(() -> client.models.generateContent("g", "hello", null))
                    .isInstanceOf(GenAiIOException.class);
        }

        LogRecordData event = wire.event(".exception");
        String type = text(event, "exception.type");
        assertThat(type).isIn("java.net.SocketException", "java.io.IOException");
        assertThat(text(event, "exception.stacktrace")).startsWith(type + "\n\tat ");
        assertThat(ConventionWire.eventName(event))
                .isEqualTo(latest ? "gen_ai.client.inference.exception" : "gen_ai.client.operation.exception");
        assertThat(wire.metrics()).isEqualTo(ofAFailure(type, latest));
        wire.assertExemplars();
    }

    private static List<String> ofAFailure(String type, boolean latest) {
        String call = "gen_ai.operation.name=\"generate_content\", gen_ai.provider.name=\"gcp.gemini\","
                + " gen_ai.request.model=\"g\", ";
        String server = "server.address=\"localhost\", server.port=1} = ";
        String duration = " [s] {error.type=\"" + type + "\", " + call + server + "1 time";
        String tokens = " [{token}] {" + call + "gen_ai.token.modality=\"unknown\", " + server + '0';
        return latest
                ? List.of(
                        "gen_ai.client.inference.duration" + duration,
                        "gen_ai.client.inference.usage.input_tokens" + tokens,
                        "gen_ai.client.inference.usage.output_tokens" + tokens)
                : List.of("gen_ai.client.operation.duration" + duration);
    }

    @Test
    void latest_embeddings() {
        try (Client client = wire.gemini(agent -> agent.latestConventions(true))) {
            wire.answers("{\"embeddings\":[{\"values\":[0.5]}]}");
            client.models.embedContent("e", "hello", null);
        }

        assertThat(wire.metrics())
                .containsExactly("gen_ai.client.embeddings.duration [s] {gen_ai.operation.name=\"embeddings\","
                        + " gen_ai.provider.name=\"gcp.gemini\", gen_ai.request.model=\"e\","
                        + " server.address=\"localhost\", server.port=1} = 1 time");
        wire.assertExemplars();
    }

    private void generateContent(boolean streamed, Consumer<AgentTracingBuilder> agent) {
        try (Client client = wire.gemini(agent)) {
            wire.answers(streamed ? STREAM : LAST);
            if (streamed) {
                try (ResponseStream<GenerateContentResponse> chunks =
                        client.models.generateContentStream("g", "hello", null)) {
                    assertThat(chunks).hasSize(3);
                }
            } else {
                client.models.generateContent("g", "hello", null);
            }
        }
    }

    private static String modality(String modality) {
        return with("gen_ai.token.modality=\"" + modality + '"');
    }

    private static String with(String label) {
        return CALL.replace("server.address", label + ", server.address");
    }
}
