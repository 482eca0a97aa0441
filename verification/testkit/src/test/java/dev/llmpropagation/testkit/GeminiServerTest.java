package dev.llmpropagation.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.errors.ClientException;
import com.google.genai.errors.GenAiIOException;
import com.google.genai.types.EmbedContentResponse;
import com.google.genai.types.FinishReason;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Google's own SDK reads what {@link LlmServer} says. */
class GeminiServerTest {

    @RegisterExtension
    final LlmServer gemini = LlmServer.gemini();

    private Client client;

    @BeforeEach
    void connect() {
        client = Client.builder()
                .apiKey("key")
                .httpOptions(HttpOptions.builder()
                        .baseUrl(gemini.baseUrl())
                        .retryOptions(HttpRetryOptions.builder()
                                .attempts(2)
                                .initialDelay(0.0)
                                .build())
                        .build())
                .build();
    }

    @AfterEach
    void disconnect() {
        client.close();
    }

    @Test
    void answer_isACompleteResponse() {
        gemini.willAnswer("hello").usage(12, 7);

        GenerateContentResponse answer = ask();

        assertThat(answer.text()).isEqualTo("hello");
        assertThat(answer.finishReason().knownEnum()).isEqualTo(FinishReason.Known.STOP);
        assertThat(answer.usageMetadata().orElseThrow().promptTokenCount()).contains(12);
        assertThat(answer.usageMetadata().orElseThrow().candidatesTokenCount()).contains(7);
        assertThat(answer.usageMetadata().orElseThrow().totalTokenCount()).contains(19);
        assertThat(answer.modelVersion()).contains("gemini-of-the-test");
        assertThat(answer.responseId()).isPresent();
    }

    @Test
    void stream_hasItsPiecesAndTheReasonAtItsEnd() {
        gemini.willStream("he", "llo").every(Duration.ofMillis(5)).finishReason("MAX_TOKENS");

        List<GenerateContentResponse> chunks = new ArrayList<>();
        try (ResponseStream<GenerateContentResponse> stream =
                client.models.generateContentStream("gemini-of-the-test", "Hi", null)) {
            stream.forEach(chunks::add);
        }

        assertThat(chunks).extracting(GenerateContentResponse::text).containsExactly("he", "llo");
        assertThat(chunks.get(0).candidates().orElseThrow().get(0).finishReason())
                .isEmpty();
        assertThat(chunks.get(1).finishReason().knownEnum()).isEqualTo(FinishReason.Known.MAX_TOKENS);
    }

    @Test
    void toolCall_hasItsArguments() {
        gemini.willCallTool("weather", "{\"city\":\"Köln\"}");

        assertThat(ask().functionCalls()).singleElement().satisfies(call -> {
            assertThat(call.name()).contains("weather");
            assertThat(call.args().orElseThrow()).containsEntry("city", "Köln");
        });
    }

    @Test
    void embeddings_areAsManyAsAskedFor() {
        gemini.willAnswer("");

        EmbedContentResponse answer = client.models.embedContent("embedding-of-the-test", List.of("one", "two"), null);

        assertThat(answer.embeddings().orElseThrow()).hasSize(2);
        assertThat(answer.embeddings().orElseThrow().get(0).values().orElseThrow())
                .hasSize(3);
    }

    @Test
    void failure_isFollowedByTheNextAnswer() {
        gemini.willFail(429).thenAnswer("hello");

        assertThat(ask().text()).isEqualTo("hello");
        assertThat(gemini.requests()).hasSize(2);
    }

    @Test
    void failureThatStays_hasTheServicesWord() {
        gemini.willFail(429);

        assertThatThrownBy(this::ask).isInstanceOfSatisfying(ClientException.class, e -> assertThat(e.code())
                .isEqualTo(429));
        // On the wire: older SDKs show the words of the status line instead.
        assertThat(gemini.wireMock().getAllServeEvents())
                .allSatisfy(event ->
                        assertThat(event.getResponse().getBodyAsString()).contains("RESOURCE_EXHAUSTED"));
    }

    @Test
    void breakInTheMiddle_isTheSdksException() {
        gemini.willBreakMidStream();

        assertThatThrownBy(this::ask).isInstanceOf(GenAiIOException.class);
    }

    @Test
    void serverWithoutAnswer_saysWhatToDo() {
        assertThatThrownBy(this::ask)
                .isInstanceOf(ClientException.class)
                .hasMessageContaining("call willAnswer(\"…\")");
    }

    private GenerateContentResponse ask() {
        return client.models.generateContent("gemini-of-the-test", "Hi", null);
    }
}
