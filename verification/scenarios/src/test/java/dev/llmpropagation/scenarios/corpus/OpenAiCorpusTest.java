package dev.llmpropagation.scenarios.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.core.http.StreamResponse;
import com.openai.errors.OpenAIInvalidDataException;
import com.openai.errors.OpenAIServiceException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import dev.llmpropagation.fixtures.ChatQuestion;
import dev.llmpropagation.openai.OpenAiClientFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The span of a call tells what openai-java's typed answer to the same call says, for every body of the corpus. */
class OpenAiCorpusTest {

    private static final int PATIENCE_SECONDS = 40;
    private static final ChatCompletionCreateParams CHAT = ChatQuestion.of("hi");
    private static final CompletionCreateParams COMPLETION =
            CompletionCreateParams.builder().model("m").prompt("hi").build();
    private static final ResponseCreateParams RESPONSE =
            ResponseCreateParams.builder().model("m").input("hi").build();
    private static final EmbeddingCreateParams EMBEDDING =
            EmbeddingCreateParams.builder().model("m").input("hi").build();

    /** The SDK's accumulator has nothing to say before the last reason has come. */
    private static final Set<String> WITHOUT_END =
            Set.of("chat-cut.sse", "chat-error.sse", "chat-openrouter-error.sse", "chat-empty-reasons-cut.sse");

    /** The SDK's accumulator needs a delta, which the results of Azure's filter do not have. */
    private static final Set<String> WITHOUT_DELTA = Set.of("chat-azure-filtered.sse");

    /** The SDK's accumulator takes a chunk with usage for the last one, without choices. Many services know better. */
    private static final Set<String> USAGE_BESIDE_CHOICES = Set.of(
            "chat-deepseek.sse",
            "chat-empty-reasons.sse",
            "chat-lines.sse",
            "chat-reasoning-crlf.sse",
            "chat-returns.sse",
            "chat-unknown-fields.sse");

    @RegisterExtension
    static final CorpusWire WIRE = new CorpusWire();

    private OpenAIClient sync;
    private OpenAIClientAsync async;

    @BeforeEach
    void start() {
        OpenAiClientFactory factory = OpenAiClientFactory.create(WIRE.propagation);
        String url = WIRE.url() + "/v1";
        sync = factory.client(sdk -> sdk.baseUrl(url).apiKey("key").maxRetries(0));
        async = factory.asyncClient(sdk -> sdk.baseUrl(url).apiKey("key").maxRetries(0));
    }

    @AfterEach
    void stop() {
        sync.close();
        async.close();
    }

    static Stream<Arguments> calls() {
        return Body.of("chat", "completions", "responses", "embeddings")
                .flatMap(body -> Stream.of(Arguments.of(body, false), Arguments.of(body, true)));
    }

    static Stream<Body> answers() {
        return Body.of("chat", "responses").filter(body -> body.status() == 200);
    }

    static Stream<Body> chatStreams() {
        return Body.of("chat").filter(Body::isStream);
    }

    @ParameterizedTest(name = "{0}, async: {1}")
    @MethodSource("calls")
    void span_tellsWhatTheTypedAnswerSays(Body body, boolean asynchronous) throws Exception {
        WIRE.serve(body);
        Told typed;
        try {
            typed = body.isStream() ? streamed(body, asynchronous) : whole(body, asynchronous);
        } catch (OpenAIServiceException e) {
            typed = Told.status(e.statusCode());
        }
        assertThat(WIRE.told()).isEqualTo(Told.of(body, withUsage(body, typed)));
    }

    /** Gateways lose, double and mistake labels; the SDK reads the bytes all the same. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("answers")
    void wrongLabel_changesNothing(Body body) throws Exception {
        WIRE.serve(body);
        read(body);
        Told labelled = WIRE.told();
        for (String label : new String[] {"", "text/html", "application/x-unknown"}) {
            WIRE.serve(body, label);
            read(body);
            assertThat(WIRE.told()).as(label).isEqualTo(labelled);
        }
    }

    private void read(Body body) throws Exception {
        if (body.isStream()) {
            streamed(body, false);
        } else {
            whole(body, false);
        }
    }

    /** The SDK knows usage beside the choices only. */
    private static Told withUsage(Body body, Told typed) {
        return body.name().equals("chat-moonshot.sse")
                ? new Told(
                        typed.id(),
                        typed.model(),
                        typed.finishReasons(),
                        new Told.Counts(19L, 13L, 7L, null, null),
                        typed.errorType())
                : typed;
    }

    @ParameterizedTest
    @MethodSource("chatStreams")
    @SuppressWarnings("MustBeClosedChecker") // heard closes it
    void span_tellsWhatTheAccumulatorSays(Body body) {
        WIRE.serve(body);
        Heard<ChatCompletionChunk> heard = heard(sync.chat().completions().createStreaming(CHAT));
        if (Stream.of(WITHOUT_END, WITHOUT_DELTA, USAGE_BESIDE_CHOICES)
                .anyMatch(bodies -> bodies.contains(body.name()))) {
            assertThatThrownBy(() -> accumulated(heard))
                    .isInstanceOfAny(IllegalStateException.class, OpenAIInvalidDataException.class);
        } else {
            assertThat(WIRE.told()).isEqualTo(withUsage(body, OpenAiTypes.of(accumulated(heard))));
        }
    }

    private static ChatCompletion accumulated(Heard<ChatCompletionChunk> heard) {
        ChatCompletionAccumulator accumulator = ChatCompletionAccumulator.create();
        heard.parts().forEach(accumulator::accumulate);
        return accumulator.chatCompletion();
    }

    private Told whole(Body body, boolean asynchronous) throws Exception {
        return switch (body.operation()) {
            case "chat" ->
                OpenAiTypes.of(
                        asynchronous
                                ? get(async.chat().completions().create(CHAT))
                                : sync.chat().completions().create(CHAT));
            case "completions" ->
                OpenAiTypes.ofCompletions(Heard.of(List.of(
                        asynchronous
                                ? get(async.completions().create(COMPLETION))
                                : sync.completions().create(COMPLETION))));
            case "responses" ->
                OpenAiTypes.of(
                        asynchronous
                                ? get(async.responses().create(RESPONSE))
                                : sync.responses().create(RESPONSE));
            case "embeddings" ->
                OpenAiTypes.of(
                        asynchronous
                                ? get(async.embeddings().create(EMBEDDING))
                                : sync.embeddings().create(EMBEDDING));
            default -> throw new AssertionError(body);
        };
    }

    @SuppressWarnings("MustBeClosedChecker") // heard closes it
    private Told streamed(Body body, boolean asynchronous) throws Exception {
        return switch (body.operation()) {
            case "chat" ->
                OpenAiTypes.ofChunks(
                        asynchronous
                                ? heard(async.chat().completions().createStreaming(CHAT))
                                : heard(sync.chat().completions().createStreaming(CHAT)));
            case "completions" ->
                OpenAiTypes.ofCompletions(
                        asynchronous
                                ? heard(async.completions().createStreaming(COMPLETION))
                                : heard(sync.completions().createStreaming(COMPLETION)));
            case "responses" ->
                OpenAiTypes.ofEvents(
                        asynchronous
                                ? heard(async.responses().createStreaming(RESPONSE))
                                : heard(sync.responses().createStreaming(RESPONSE)));
            default -> throw new AssertionError(body);
        };
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        try {
            return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw (Exception) e.getCause();
        }
    }

    private static <T> Heard<T> heard(StreamResponse<T> response) {
        try (response) {
            return Heard.of(response.stream()::iterator);
        }
    }

    private static <T> Heard<T> heard(AsyncStreamResponse<T> response) throws Exception {
        List<T> parts = new ArrayList<>();
        CompletableFuture<Optional<Throwable>> end = new CompletableFuture<>();
        response.subscribe(new AsyncStreamResponse.Handler<T>() {
            @Override
            public void onNext(T part) {
                parts.add(part);
            }

            @Override
            public void onComplete(Optional<Throwable> failure) {
                end.complete(failure);
            }
        });
        Throwable failure = end.get(PATIENCE_SECONDS, TimeUnit.SECONDS).orElse(null);
        return new Heard<>(parts, failure instanceof CompletionException ? failure.getCause() : failure);
    }
}
