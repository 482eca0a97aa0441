package dev.llmpropagation.scenarios.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.genai.Client;
import com.google.genai.errors.ApiException;
import com.google.genai.gaos.models.interactions.CreateModelInteraction;
import com.google.genai.gaos.models.interactions.Error;
import com.google.genai.gaos.models.interactions.ErrorEvent;
import com.google.genai.gaos.models.interactions.Interaction;
import com.google.genai.gaos.models.interactions.InteractionCompletedEvent;
import com.google.genai.gaos.models.interactions.InteractionCreatedEvent;
import com.google.genai.gaos.models.interactions.InteractionSSEEvent;
import com.google.genai.gaos.models.interactions.InteractionSSEStreamEvent;
import com.google.genai.gaos.models.interactions.InteractionSseEventInteraction;
import com.google.genai.gaos.models.interactions.InteractionStatusUpdate;
import com.google.genai.gaos.models.interactions.InteractionsInput;
import com.google.genai.gaos.models.interactions.Usage;
import com.google.genai.gaos.models.operations.CreateInteractionRequestBody;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.scenarios.corpus.Told.Counts;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** As {@link GeminiCorpusTest}, for what the oldest SDK that we support does not have. */
class InteractionsCorpusTest {

    private static final Set<String> GOES_ON = Set.of("queued", "in_progress");

    @RegisterExtension
    static final CorpusWire WIRE = new CorpusWire();

    private Client client;

    @BeforeEach
    void start() {
        client = GeminiClientFactory.create(WIRE.propagation).client(sdk -> sdk.apiKey("key")
                .httpOptions(HttpOptions.builder()
                        .baseUrl(WIRE.url())
                        .retryOptions(HttpRetryOptions.builder().attempts(1).build())
                        .build()));
    }

    @AfterEach
    void stop() {
        client.close();
    }

    static Stream<Body> documents() {
        return Body.of("interactions").filter(body -> !body.isStream() && body.status() == 200);
    }

    static Stream<Body> refusals() {
        return Body.of("interactions").filter(body -> body.status() != 200);
    }

    static Stream<Arguments> streams() {
        return Body.of("interactions")
                .filter(Body::isStream)
                .flatMap(body -> Stream.of(Arguments.of(body, false), Arguments.of(body, true)));
    }

    @ParameterizedTest
    @MethodSource("documents")
    void span_tellsWhatTheTypedAnswerSays(Body body) {
        WIRE.serve(body);
        Interaction answer =
                client.interactions.create(body(false)).interaction().orElseThrow();
        String status = answer.status().orElseThrow().value();
        assertThat(WIRE.told())
                .isEqualTo(new Told(
                        answer.id().orElse(null),
                        answer.model().orElseThrow().value(),
                        GOES_ON.contains(status) ? List.of() : List.of(status),
                        answer.usage().map(InteractionsCorpusTest::counts).orElse(Counts.NONE),
                        status.equals("failed")
                                ? Told.errorName(answer.errors().orElse(List.of()).stream()
                                        .flatMap(error -> error.code().stream())
                                        .findFirst()
                                        .orElse(null))
                                : null));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void span_tellsTheStatus(Body body) {
        WIRE.serve(body);
        assertThat(catchStatus()).isEqualTo(body.status());
        assertThat(WIRE.told()).isEqualTo(Told.status(body.status()));
    }

    @ParameterizedTest(name = "{0}, async: {1}")
    @MethodSource("streams")
    void span_tellsWhatTheTypedEventsSay(Body body, boolean asynchronous) throws Exception {
        WIRE.serve(body);
        String id = null;
        String model = null;
        String status = "";
        String error = null;
        Counts usage = Counts.NONE;
        List<InteractionSSEStreamEvent> events = (asynchronous
                        ? client.async.interactions.create(body(true)).get(40, TimeUnit.SECONDS)
                        : client.interactions.create(body(true)).events())
                .toList();
        for (InteractionSSEStreamEvent event : events) {
            InteractionSSEEvent data = event.data().orElseThrow();
            if (data instanceof InteractionStatusUpdate update) {
                status = update.status().orElseThrow().value();
            } else if (data instanceof ErrorEvent failure) {
                error = Told.errorName(failure.error().flatMap(Error::code).orElse(null));
            }
            InteractionSseEventInteraction seen = interaction(data);
            if (seen != null) {
                id = seen.id().orElse(id);
                model = seen.model().orElse(model);
                status = seen.status().orElseThrow().value();
                usage = seen.usage().map(InteractionsCorpusTest::counts).orElse(usage);
            }
        }
        assertThat(WIRE.told())
                .isEqualTo(Told.of(
                        body,
                        new Told(id, model, List.of(GOES_ON.contains(status) ? Told.ERROR : status), usage, error)));
    }

    private int catchStatus() {
        try {
            client.interactions.create(body(false));
            return 200;
        } catch (ApiException e) {
            return e.code();
        }
    }

    private static @Nullable InteractionSseEventInteraction interaction(InteractionSSEEvent event) {
        if (event instanceof InteractionCreatedEvent created) {
            return created.interaction().orElse(null);
        }
        return event instanceof InteractionCompletedEvent completed
                ? completed.interaction().orElse(null)
                : null;
    }

    private static Counts counts(Usage usage) {
        return new Counts(
                sum(usage.totalInputTokens(), usage.totalToolUseTokens()),
                sum(usage.totalOutputTokens(), usage.totalThoughtTokens()),
                sum(usage.totalCachedTokens(), Optional.empty()),
                null,
                sum(usage.totalThoughtTokens(), Optional.empty()));
    }

    private static @Nullable Long sum(Optional<Integer> one, Optional<Integer> other) {
        return one.isEmpty() && other.isEmpty() ? null : (long) one.orElse(0) + other.orElse(0);
    }

    private static CreateInteractionRequestBody body(boolean stream) {
        return CreateInteractionRequestBody.of(
                CreateModelInteraction.builder()
                        .model("gemini-3-flash-preview")
                        .input(InteractionsInput.of("hi"))
                        .stream(stream)
                        .build());
    }
}
