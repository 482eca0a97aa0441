package dev.llmpropagation.gemini;

import static dev.llmpropagation.fixtures.Attributed.flag;
import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.gemini.GeminiWire.MODEL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.client.WireMock;
import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.types.GenerateContentResponse;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is no answer to the question, with status 200: each kind of model call fails on its span and in its metric. */
class NoAnswersTest {

    private static final String PAGE = "<!DOCTYPE html><html><body>Please log in</body></html>";
    private static final String HALF = "{\"candidates\":[{\"content\":{\"parts\":[{\"te";
    private static final String EVENT =
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}],\"responseId\":\"r\"}\r\n\r\n";

    /** A way to ask the model, to the end of its answer. */
    private enum Question {
        CONTENT(client -> client.models.generateContent(MODEL, "hi", null)),
        CONTENT_ASYNC(client -> joined(client.async.models.generateContent(MODEL, "hi", null))),
        STREAM(client -> read(client.models.generateContentStream(MODEL, "hi", null))),
        STREAM_ASYNC(client -> read(joined(client.async.models.generateContentStream(MODEL, "hi", null)))),
        EMBEDDING(client -> client.models.embedContent(MODEL, "hi", null)),
        EMBEDDING_ASYNC(client -> joined(client.async.models.embedContent(MODEL, "hi", null))),
        CHAT(client -> client.chats.create(MODEL).sendMessage("hi")),
        CHAT_ASYNC(client -> joined(client.async.chats.create(MODEL).sendMessage("hi")));

        private final Function<Client, Object> ask;

        Question(Function<Client, Object> ask) {
            this.ask = ask;
        }

        boolean isStream() {
            return this == STREAM || this == STREAM_ASYNC;
        }

        private static <T> T joined(CompletableFuture<T> answer) {
            return answer.orTimeout(30, TimeUnit.SECONDS).join();
        }

        private static List<GenerateContentResponse> read(ResponseStream<GenerateContentResponse> stream) {
            List<GenerateContentResponse> chunks = new ArrayList<>();
            try (stream) {
                stream.forEach(chunks::add);
            }
            return chunks;
        }
    }

    @RegisterExtension
    final GeminiWire wire = new GeminiWire();

    private static Stream<Arguments> noAnswers() {
        Stream<Arguments> all = Stream.of(Question.values())
                .flatMap(question -> Stream.of(
                        Arguments.of(question, PAGE, "text/html", "invalid_response"),
                        Arguments.of(question, PAGE, "application/json", "invalid_response"),
                        Arguments.of(question, "[1,", "application/json", "incomplete_response"),
                        Arguments.of(question, "", "application/json", "incomplete_response"),
                        Arguments.of(question, HALF, "application/json", "incomplete_response")));
        Stream<Arguments> streams = Stream.of(Question.values())
                .filter(Question::isStream)
                .flatMap(question -> Stream.of(
                        Arguments.of(question, "", "text/event-stream", "incomplete_response"),
                        Arguments.of(question, PAGE, "text/event-stream", "invalid_response"),
                        Arguments.of(question, EVENT, "text/event-stream", "incomplete_response"),
                        Arguments.of(question, EVENT + "data: " + HALF, "text/event-stream", "incomplete_response")));
        return Stream.concat(all, streams);
    }

    @ParameterizedTest
    @MethodSource("noAnswers")
    void whatIsNoAnswer_isAFailedCall(Question question, String body, String type, String errorType) {
        wire.answers(WireMock.ok(body).withHeader("Content-Type", type));
        Client client = wire.client();
        try {
            assertThat(question.ask.apply(client)).isNotNull();
        } catch (RuntimeException e) {
            // What the SDK makes of it; of some it makes nothing, and the program gets less than it asked for.
        }

        await().untilAsserted(() -> assertThat(wire.modelCalls()).hasSize(1));
        SpanData call = wire.modelCalls().get(0);
        Attributes attributes = call.getAttributes();
        assertThat(text(attributes, "llm_propagation.outcome")).isEqualTo("failed");
        assertThat(text(attributes, "error.type")).isEqualTo(errorType);
        assertThat(flag(attributes, "success")).isFalse();
        assertThat(call.getStatus().getStatusCode())
                .isEqualTo(StatusData.error().getStatusCode());
        assertThat(wire.points().values("gen_ai.client.operation.duration", "error.type"))
                .containsExactly(errorType);
    }
}
