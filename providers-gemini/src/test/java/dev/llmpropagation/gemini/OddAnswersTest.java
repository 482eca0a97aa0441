package dev.llmpropagation.gemini;

import static dev.llmpropagation.fixtures.Attributed.flag;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.client.WireMock;
import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.types.GenerateContentResponse;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers with wrong labels, and answers that are none; the SDK has no facade, so the reader of the bytes tells. */
class OddAnswersTest {

    private static final String CHUNK =
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}],\"responseId\":\"r-7\"}\r\n\r\n";
    private static final String LAST =
            "data: {\"candidates\":[{\"finishReason\":\"STOP\"}],\"responseId\":\"r-7\",\"modelVersion\":\"m-7\"}\r\n\r\n";

    @RegisterExtension
    final GeminiWire wire = new GeminiWire();

    @ParameterizedTest
    @ValueSource(strings = {"", "text/html", "application/json", "text/event-stream, text/event-stream"})
    void stream_isReadWhateverItsLabel(String label) {
        assertThat(streamed(CHUNK + LAST, label)).isNull();

        SpanData call = wire.modelCalls(1).get(0);
        assertThat(text(call, "gen_ai.response.id")).isEqualTo("r-7");
        assertThat(text(call, "gen_ai.response.model")).isEqualTo("m-7");
        assertThat(outcome(call)).isEqualTo("completed");
        assertThat(call.getAttributes().get(AttributeKey.doubleKey("gen_ai.response.time_to_first_chunk")))
                .isPositive();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "<html>Log in</html> | invalid_response",
                "`` | incomplete_response",
                "{\"candidates\":[{\"content\":{\"parts\":[{\"te | incomplete_response",
                "{\"error\":{\"code\":503,\"mess | 503",
            })
    void whatIsNoDocument_isAFailedCall(String body, String errorType) {
        answer(body, "application/json");
        Client client = wire.client();
        try {
            client.models.generateContent(GeminiWire.MODEL, "hi", null);
        } catch (RuntimeException e) {
            // whatever the SDK makes of it
        }

        assertFailed(errorType);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | incomplete_response",
                "{\"error\":{\"code\":503,\"message\":\"m\",\"status\":\"UNAVAILABLE\"}} | UNAVAILABLE",
                "error: {\"code\":503,\"message\":\"m\"} | 503",
                "data: {\"error\":{\"code\":503,\"mess | 503",
            })
    void streamThatEndsEarly_isAFailedCall(String last, String errorType) {
        streamed(CHUNK + last + "\n", "text/event-stream");

        assertFailed(errorType);
        assertThat(text(wire.modelCalls(1).get(0), "gen_ai.response.id")).isEqualTo("r-7");
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "{}", "\"\"", "{ }"})
    void errorWithNothingInIt_failsAStream_andNoDocument(String error) {
        String chunk = CHUNK.replace("{\"cand", "{\"error\":" + error + ",\"cand");
        assertThat(streamed(chunk + LAST, "text/event-stream")).isNotNull();
        assertFailed("_OTHER");

        wire.telemetry.reset();
        answer(chunk.substring("data: ".length()), "application/json");
        wire.client().models.generateContent(GeminiWire.MODEL, "hi", null);
        assertThat(outcome(wire.modelCalls(1).get(0))).isEqualTo("completed");
    }

    private RuntimeException streamed(String body, String label) {
        answer(body, label);
        Client client = wire.client();
        try (ResponseStream<GenerateContentResponse> stream =
                client.models.generateContentStream(GeminiWire.MODEL, "hi", null)) {
            stream.forEach(chunk -> assertThat(chunk).isNotNull());
            return null;
        } catch (RuntimeException e) {
            return e;
        }
    }

    private void answer(String body, String label) {
        var response = WireMock.aResponse().withStatus(200).withBody(body.getBytes(StandardCharsets.UTF_8));
        wire.answers(label.isEmpty() ? response : response.withHeader("Content-Type", label));
    }

    private void assertFailed(String errorType) {
        SpanData call = wire.modelCalls(1).get(0);
        assertThat(outcome(call)).isEqualTo("failed");
        assertThat(text(call, "error.type")).isEqualTo(errorType);
        assertThat(flag(call, "success")).isFalse();
    }
}
