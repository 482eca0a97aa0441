package dev.llmpropagation.testkit;

import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.Sleeper;
import com.openai.core.http.StreamResponse;
import com.openai.errors.OpenAIIoException;
import com.openai.errors.OpenAIServiceException;
import com.openai.errors.RateLimitException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionMessageToolCall;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.ResponseStreamEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** OpenAI's own SDK reads what {@link LlmServer} says. */
class OpenAiServerTest {

    @RegisterExtension
    static final LlmServer openai = LlmServer.openAi();

    private final List<Duration> waits = new ArrayList<>();
    private OpenAIClient client;

    @BeforeEach
    void connect() {
        client = OpenAIOkHttpClient.builder()
                .apiKey("key")
                .baseUrl(openai.baseUrl())
                .timeout(Duration.ofSeconds(20))
                .sleeper(new Recorder())
                .build();
    }

    @AfterEach
    void disconnect() {
        client.close();
    }

    @Test
    void answer_isACompleteChatCompletion() {
        openai.willAnswer("say \"hello\"\n").usage(12, 7);

        ChatCompletion answer = client.chat().completions().create(chat().build());

        answer.validate();
        assertThat(answer.choices().get(0).message().content()).contains("say \"hello\"\n");
        assertThat(answer.choices().get(0).finishReason().asString()).isEqualTo("stop");
        assertThat(answer.model()).isEqualTo("gpt-of-the-test");
        assertThat(answer.usage().orElseThrow().promptTokens()).isEqualTo(12);
        assertThat(answer.usage().orElseThrow().completionTokens()).isEqualTo(7);
    }

    @Test
    void stream_hasItsPiecesAndReason() {
        openai.willStream("he", "llo").every(ofMillis(5)).finishReason("length");

        List<ChatCompletionChunk> chunks = stream(chat().build());

        assertThat(chunks).allSatisfy(ChatCompletionChunk::validate);
        assertThat(pieces(chunks)).containsExactly("", "he", "llo");
        assertThat(chunks.get(chunks.size() - 1)
                        .choices()
                        .get(0)
                        .finishReason()
                        .orElseThrow()
                        .asString())
                .isEqualTo("length");
        assertThat(chunks).allMatch(chunk -> chunk.usage().isEmpty());
    }

    @Test
    void streamThatAsksForUsage_getsItInALastChunkOfItsOwn() {
        openai.willStream("he", "llo").usage(3, 4);

        List<ChatCompletionChunk> chunks = stream(chat().streamOptions(
                        ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build());

        ChatCompletionChunk last = chunks.get(chunks.size() - 1);
        assertThat(last.choices()).isEmpty();
        assertThat(last.usage().orElseThrow().totalTokens()).isEqualTo(7);
    }

    @Test
    void piecesOfAStream_areOneTextWhereNoStreamIsAskedFor() {
        openai.willStream("he", "llo");

        assertThat(ask()).isEqualTo("hello");
    }

    @Test
    void toolCall_isInDocumentAndStream() {
        openai.willCallTool("weather", "{\"city\":\"Köln\"}");

        ChatCompletion answer = client.chat().completions().create(chat().build());
        List<ChatCompletionChunk> chunks = stream(chat().build());

        answer.validate();
        assertThat(answer.choices().get(0).finishReason().asString()).isEqualTo("tool_calls");
        ChatCompletionMessageToolCall call =
                answer.choices().get(0).message().toolCalls().orElseThrow().get(0);
        assertThat(call.asFunction().function().name()).isEqualTo("weather");
        assertThat(call.asFunction().function().arguments()).isEqualTo("{\"city\":\"Köln\"}");
        assertThat(chunks).allSatisfy(ChatCompletionChunk::validate);
        assertThat(chunks.stream()
                        .flatMap(chunk -> chunk.choices().get(0).delta().toolCalls().stream())
                        .map(calls -> calls.get(0).function().orElseThrow())
                        .map(function -> function.name().orElse("")
                                + function.arguments().orElse("")))
                .containsExactly("weather", "{\"city\":\"Köln\"}");
    }

    @Test
    void responses_areInDocumentAndStream() {
        openai.willStream("he", "llo").usage(3, 4);

        Response answer = client.responses().create(response());
        List<ResponseStreamEvent> events = new ArrayList<>();
        try (StreamResponse<ResponseStreamEvent> stream = client.responses().createStreaming(response())) {
            stream.stream().forEach(events::add);
        }

        answer.validate();
        assertThat(text(answer)).isEqualTo("hello");
        assertThat(answer.usage().orElseThrow().outputTokens()).isEqualTo(4);
        assertThat(events).allSatisfy(ResponseStreamEvent::validate);
        assertThat(events.stream()
                        .flatMap(event -> event.outputTextDelta().stream())
                        .map(delta -> delta.delta()))
                .containsExactly("he", "llo");
        Response last = events.get(events.size() - 1).asCompleted().response();
        assertThat(last.status()).contains(ResponseStatus.COMPLETED);
        assertThat(text(last)).isEqualTo("hello");
    }

    @Test
    void responseThatIsCut_saysWhy() {
        openai.willAnswer("hel").finishReason("max_output_tokens");

        Response answer = client.responses().create(response());

        assertThat(answer.status()).contains(ResponseStatus.INCOMPLETE);
        assertThat(answer.incompleteDetails()
                        .orElseThrow()
                        .reason()
                        .orElseThrow()
                        .asString())
                .isEqualTo("max_output_tokens");
    }

    @Test
    void toolCallOfAResponse_isInDocumentAndStream() {
        openai.willCallTool("weather", "{}");

        Response answer = client.responses().create(response());
        try (StreamResponse<ResponseStreamEvent> stream = client.responses().createStreaming(response())) {
            assertThat(stream.stream()
                            .peek(ResponseStreamEvent::validate)
                            .flatMap(event -> event.functionCallArgumentsDone().stream())
                            .map(done -> done.arguments()))
                    .containsExactly("{}");
        }

        answer.validate();
        assertThat(answer.output().get(0).asFunctionCall().name()).isEqualTo("weather");
    }

    @Test
    void embeddings_areAsManyAndAsLongAsAskedFor() {
        openai.willAnswer("");

        CreateEmbeddingResponse answer = client.embeddings()
                .create(EmbeddingCreateParams.builder()
                        .model("text-embedding-3-small")
                        .inputOfArrayOfStrings(List.of("one", "two"))
                        .dimensions(5)
                        .build());

        answer.validate();
        assertThat(answer.data()).hasSize(2).allSatisfy(data -> assertThat(data.embedding())
                .hasSize(5));
    }

    @Test
    void failure_isFollowedByTheNextAnswer() {
        openai.willFail(429).retryAfter(Duration.ofMillis(30)).thenFail(503).thenAnswer("hello");

        assertThat(ask()).isEqualTo("hello");

        assertThat(openai.requests()).hasSize(3);
        assertThat(waits).first().isEqualTo(Duration.ofMillis(30));
    }

    @Test
    void failureThatStays_isTheSdksException() {
        openai.willFail(429).retryAfter(1);

        assertThatThrownBy(this::ask).isInstanceOfSatisfying(RateLimitException.class, e -> {
            assertThat(e.code()).contains("rate_limit_exceeded");
            assertThat(e.headers().values("retry-after")).containsExactly("1");
        });
        assertThat(waits).containsOnly(Duration.ofSeconds(1));
    }

    @Test
    void breakInMidStream_comesAfterAPiece() {
        openai.willBreakMidStream();

        List<String> seen = new ArrayList<>();
        assertThatThrownBy(() -> {
                    try (StreamResponse<ChatCompletionChunk> stream =
                            client.chat().completions().createStreaming(chat().build())) {
                        stream.stream().forEach(chunk -> seen.addAll(pieces(List.of(chunk))));
                    }
                })
                .isInstanceOf(OpenAIIoException.class);
        assertThat(seen).startsWith("", "Hello").doesNotContain("world");
    }

    @Test
    void redirect_leadsToTheOtherServer() {
        try (LlmServer other = LlmServer.openAi().start()) {
            other.willAnswer("from the other");
            openai.willRedirectTo(other.baseUrl() + "/chat/completions");

            assertThat(ask()).isEqualTo("from the other");
            assertThat(other.lastRequest().getMethod().getName()).isEqualTo("POST");
        }
    }

    @Test
    void serverWithoutAnswer_saysWhatToDo() {
        assertThatThrownBy(this::ask)
                .isInstanceOf(OpenAIServiceException.class)
                .hasMessageContaining("call willAnswer(\"…\")");
    }

    @Test
    void endpointThatIsNotPlayed_saysWhatToDo() {
        openai.willAnswer("hello");

        assertThatThrownBy(() -> client.models().list())
                .isInstanceOf(OpenAIServiceException.class)
                .hasMessageContaining("does not play /v1/models: stub it on wireMock()");
    }

    private ChatCompletionCreateParams.Builder chat() {
        return ChatCompletionCreateParams.builder().model("gpt-of-the-test").addUserMessage("Hi");
    }

    private static ResponseCreateParams response() {
        return ResponseCreateParams.builder()
                .model("gpt-of-the-test")
                .input("Hi")
                .build();
    }

    private String ask() {
        return client.chat()
                .completions()
                .create(chat().build())
                .choices()
                .get(0)
                .message()
                .content()
                .orElseThrow();
    }

    private List<ChatCompletionChunk> stream(ChatCompletionCreateParams params) {
        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(params)) {
            return stream.stream().toList();
        }
    }

    private static List<String> pieces(List<ChatCompletionChunk> chunks) {
        return chunks.stream()
                .flatMap(chunk -> chunk.choices().stream())
                .flatMap(choice -> choice.delta().content().stream())
                .toList();
    }

    private static String text(Response response) {
        return response.output().stream()
                .flatMap(item -> item.asMessage().content().stream())
                .map(content -> content.asOutputText().text())
                .collect(Collectors.joining());
    }

    /** Does not wait, but remembers how long it should have. */
    private final class Recorder implements Sleeper {
        @Override
        public void sleep(Duration duration) {
            waits.add(duration);
        }

        @Override
        public CompletableFuture<Void> sleepAsync(Duration duration) {
            waits.add(duration);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void close() {}
    }
}
