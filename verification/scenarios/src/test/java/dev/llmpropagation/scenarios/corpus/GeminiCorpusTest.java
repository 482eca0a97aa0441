package dev.llmpropagation.scenarios.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.errors.ApiException;
import com.google.genai.types.Candidate;
import com.google.genai.types.ContentEmbedding;
import com.google.genai.types.ContentEmbeddingStatistics;
import com.google.genai.types.EmbedContentResponse;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.GenerateContentResponseUsageMetadata;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.scenarios.corpus.Told.Counts;
import dev.llmpropagation.scenarios.corpus.Told.Reasons;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The span of a call tells what google-genai's typed answer to the same call says, for every body of the corpus. */
class GeminiCorpusTest {

    private static final int PATIENCE_SECONDS = 40;

    /** What the span tells and the type has no place for, with the reason. */
    private static final Map<String, String> MORE_THAN_THE_TYPE = Map.of(
            "gemini-error-in-200.json",
            "an error that comes with status 200 is dropped by the SDK, whose answer is then empty",
            "geminiembed-usage.json",
            "the SDK has no place for the usage of the Gemini API's embeddings",
            "geminiembed-vertex.json",
            "the SDK stores the count as token_count, and its type reads tokenCount");

    /** No answer to a request of the SDK, which always asks for events. */
    private static final String NEVER_ASKED_FOR = "gemini-array.json";

    @RegisterExtension
    static final CorpusWire WIRE = new CorpusWire();

    static Stream<Arguments> calls() {
        return Body.of("gemini", "geminiembed", "predict")
                .filter(body -> !body.name().equals(NEVER_ASKED_FOR))
                .flatMap(body -> Stream.of(Arguments.of(body, false), Arguments.of(body, true)));
    }

    @ParameterizedTest(name = "{0}, async: {1}")
    @MethodSource("calls")
    void span_tellsWhatTheTypedAnswerSays(Body body, boolean asynchronous) throws Exception {
        WIRE.serve(body);
        Told typed;
        try (Client client = client(body)) {
            typed = typed(client, body, asynchronous);
        } catch (ApiException e) {
            typed = Told.status(e.code());
        }
        Told told = WIRE.told();
        if (MORE_THAN_THE_TYPE.containsKey(body.name())) {
            assertThat(typed).isEqualTo(new Told(null, null, List.of(), Counts.NONE, null));
            assertThat(told).isNotEqualTo(typed);
            assertThat(told)
                    .usingRecursiveComparison()
                    .ignoringFields("usage", "errorType")
                    .isEqualTo(typed);
        } else {
            assertThat(told).isEqualTo(Told.of(body, typed));
        }
    }

    private static Client client(Body body) {
        boolean vertex = body.name().contains("vertex") || body.operation().equals("predict");
        return GeminiClientFactory.create(WIRE.propagation).client(sdk -> sdk.apiKey("key")
                .vertexAI(vertex)
                .httpOptions(HttpOptions.builder()
                        .baseUrl(WIRE.url())
                        .retryOptions(HttpRetryOptions.builder().attempts(1).build())
                        .build()));
    }

    private static Told typed(Client client, Body body, boolean asynchronous) throws Exception {
        String model =
                switch (body.operation()) {
                    case "predict" -> "text-embedding-005";
                    case "geminiembed" -> "gemini-embedding-2";
                    default -> "gemini-2.5-flash";
                };
        if (!body.operation().equals("gemini")) {
            return ofEmbedding(
                    asynchronous
                            ? get(client.async.models.embedContent(model, "hi", null))
                            : client.models.embedContent(model, "hi", null));
        }
        if (!body.isStream()) {
            return ofParts(new Heard<>(
                    List.of(
                            asynchronous
                                    ? get(client.async.models.generateContent(model, "hi", null))
                                    : client.models.generateContent(model, "hi", null)),
                    null));
        }
        try (ResponseStream<GenerateContentResponse> stream = asynchronous
                ? get(client.async.models.generateContentStream(model, "hi", null))
                : client.models.generateContentStream(model, "hi", null)) {
            return ofParts(Heard.of(stream));
        }
    }

    private static Told ofParts(Heard<GenerateContentResponse> heard) {
        Reasons reasons = new Reasons();
        for (GenerateContentResponse part : heard.parts()) {
            List<Candidate> candidates = part.candidates().orElse(List.of());
            for (int i = 0; i < candidates.size(); i++) {
                Candidate candidate = candidates.get(i);
                reasons.add(
                        candidate.index().orElse(i), candidate.finishReason().map(Object::toString));
            }
        }
        return new Told(
                first(heard, GenerateContentResponse::responseId),
                first(heard, GenerateContentResponse::modelVersion),
                reasons.toList(),
                heard.parts().stream()
                        .flatMap(part -> part.usageMetadata().stream())
                        .reduce((earlier, later) -> later)
                        .map(GeminiCorpusTest::counts)
                        .orElse(Counts.NONE),
                heard.failure() == null ? null : ((ApiException) heard.failure()).status());
    }

    private static Told ofEmbedding(EmbedContentResponse answer) {
        Long tokens = answer.embeddings().orElse(List.of()).stream()
                .flatMap(embedding -> Optional.of(embedding).flatMap(ContentEmbedding::statistics).stream())
                .flatMap(statistics -> Optional.of(statistics).flatMap(ContentEmbeddingStatistics::tokenCount).stream())
                .map(Float::longValue)
                .reduce(Long::sum)
                .orElse(null);
        return new Told(null, null, List.of(), new Counts(tokens, null, null, null, null), null);
    }

    /** As the convention has it: input with the tokens of the service's tools, output with those of the thoughts. */
    private static Counts counts(GenerateContentResponseUsageMetadata usage) {
        return new Counts(
                sum(usage.promptTokenCount(), usage.toolUsePromptTokenCount()),
                sum(usage.candidatesTokenCount(), usage.thoughtsTokenCount()),
                sum(usage.cachedContentTokenCount(), Optional.empty()),
                null,
                sum(usage.thoughtsTokenCount(), Optional.empty()));
    }

    private static @Nullable Long sum(Optional<Integer> one, Optional<Integer> other) {
        return one.isEmpty() && other.isEmpty() ? null : (long) one.orElse(0) + other.orElse(0);
    }

    private static @Nullable String first(
            Heard<GenerateContentResponse> heard, Function<GenerateContentResponse, Optional<String>> field) {
        return heard.parts().stream()
                .flatMap(part -> field.apply(part).stream())
                .findFirst()
                .orElse(null);
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        try {
            return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw (Exception) e.getCause();
        }
    }
}
