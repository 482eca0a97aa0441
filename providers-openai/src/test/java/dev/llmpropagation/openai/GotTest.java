package dev.llmpropagation.openai;

import static dev.llmpropagation.fixtures.Attributed.flag;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.client.WireMock;
import com.openai.client.OpenAIClient;
import com.openai.core.RequestOptions;
import com.openai.core.http.HttpResponseFor;
import com.openai.core.http.StreamResponse;
import com.openai.errors.OpenAIInvalidDataException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import dev.llmpropagation.fixtures.ServiceWire;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A model call is a success if the program got its answer. All bytes may have come, and been read to their end. */
@SuppressWarnings("MustBeClosedChecker") // as programs do
class GotTest {

    private static final String INVALID = OpenAIInvalidDataException.class.getName();
    private static final RequestOptions VALIDATED =
            RequestOptions.builder().responseValidation(true).build();

    // Good JSON with a good end, so that the bytes tell of nothing wrong.
    private static final String CHUNK = "data: {\"id\":\"c-7\",\"object\":\"chat.completion.chunk\",\"created\":1,"
            + "\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    private static final String NOT_OF_ITS_TYPE = "data: [1]\n\n";
    private static final String NO_JSON = "data: Good morning\n\n";
    private static final String END = "data: [DONE]\n\n";

    @RegisterExtension
    final SdkWire wire = new SdkWire();

    private interface Call {
        void make(OpenAIClient client) throws Exception;
    }

    /** The ways to get a document. */
    enum Document {
        CALL(client -> client.chat().completions().create(SdkWire.chat(), VALIDATED)),
        RAW(client -> {
            try (HttpResponseFor<ChatCompletion> response =
                    client.withRawResponse().chat().completions().create(SdkWire.chat(), VALIDATED)) {
                response.parse();
            }
        }),
        FUTURE(client -> client.async()
                .chat()
                .completions()
                .create(SdkWire.chat(), VALIDATED)
                .get(30, TimeUnit.SECONDS)),
        RAW_FUTURE(client -> {
            try (HttpResponseFor<ChatCompletion> response = client.async()
                    .withRawResponse()
                    .chat()
                    .completions()
                    .create(SdkWire.chat(), VALIDATED)
                    .get(30, TimeUnit.SECONDS)) {
                response.parse();
            }
        });

        final Call call;

        Document(Call call) {
            this.call = call;
        }
    }

    /** The ways to read a stream. */
    enum Streamed {
        FOR_EACH(client -> {
            try (StreamResponse<ChatCompletionChunk> response = SdkWire.stream(client)) {
                response.stream().forEach(chunk -> {});
            }
        }),
        ITERATOR(client -> {
            try (StreamResponse<ChatCompletionChunk> response = SdkWire.stream(client)) {
                response.stream().iterator().forEachRemaining(chunk -> {});
            }
        }),
        PARALLEL(client -> {
            try (StreamResponse<ChatCompletionChunk> response = SdkWire.stream(client)) {
                response.stream().parallel().forEach(chunk -> {});
            }
        }),
        NEVER_CLOSED(client -> SdkWire.stream(client).stream().forEach(chunk -> {})),
        RAW(client -> {
            try (HttpResponseFor<StreamResponse<ChatCompletionChunk>> response =
                    client.withRawResponse().chat().completions().createStreaming(SdkWire.chat())) {
                response.parse().stream().forEach(chunk -> {});
            }
        }),
        RAW_FUTURE(client -> {
            try (HttpResponseFor<StreamResponse<ChatCompletionChunk>> response = client.async()
                    .withRawResponse()
                    .chat()
                    .completions()
                    .createStreaming(SdkWire.chat())
                    .get(30, TimeUnit.SECONDS)) {
                response.parse().stream().forEach(chunk -> {});
            }
        }),
        HANDLER(client -> {
            Optional<Throwable> error = SdkWire.endOf(SdkWire.stream(client.async()));
            if (error.isPresent()) {
                throw new IllegalStateException(error.get());
            }
        }),
        FUTURE(client -> SdkWire.stream(client.async())
                .subscribe(chunk -> {})
                .onCompleteFuture()
                .get(30, TimeUnit.SECONDS));

        final Call call;

        Streamed(Call call) {
            this.call = call;
        }
    }

    @ParameterizedTest
    @EnumSource
    void answerThatIsNotOfItsType_isAFailedCall(Document form) throws Exception {
        wire.answers(WireMock.okJson("{\"id\":\"c-7\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m-1\","
                + "\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":7}]}"));
        OpenAIClient client = wire.client();

        assertThat(catchThrowable(() -> form.call.make(client))).isNotNull();
        assertFailed(INVALID);
        assertThat(text(wire.modelCall(), "gen_ai.response.id")).isEqualTo("c-7");
        assertThat(outcome(wire.attempts(1).get(0))).isEqualTo("completed");
    }

    @ParameterizedTest
    @EnumSource
    void answer_isACompletedCall(Document form) throws Exception {
        wire.answers(WireMock.okJson(
                "{\"id\":\"c-7\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m-1\"," + "\"choices\":[]}"));
        OpenAIClient client = wire.client();
        form.call.make(client);

        assertCompleted();
    }

    @ParameterizedTest
    @EnumSource
    void whatIsNoDocument_isAFailedCall_byItsBytes(Document form) throws Exception {
        OpenAIClient client = wire.client();
        for (String body : List.of("<!DOCTYPE html><html>Please log in</html>", "", "{\"id\":\"c-7\",\"choices\":[{")) {
            wire.telemetry.reset();
            wire.answers(WireMock.ok(body).withHeader("Content-Type", "text/html"));

            assertThat(catchThrowable(() -> form.call.make(client))).isNotNull();
            assertFailed(body.startsWith("<") ? "invalid_response" : "incomplete_response");
        }
    }

    /** Small streams are read at once, and their end is known before the first chunk is parsed. */
    @ParameterizedTest
    @EnumSource
    void chunkThatIsNotOfItsType_isAFailedCall(Streamed form) throws Exception {
        OpenAIClient client = wire.client();
        for (String body : List.of(
                CHUNK + NOT_OF_ITS_TYPE + END,
                CHUNK + NO_JSON + CHUNK + END,
                CHUNK.repeat(200) + NO_JSON + CHUNK + END)) {
            wire.telemetry.reset();
            stream(body);

            assertThat(catchThrowable(() -> form.call.make(client))).isNotNull();
            ended();
            assertThat(outcome(wire.modelCall())).isEqualTo("failed");
            assertThat(text(wire.modelCall(), "error.type")).isEqualTo(INVALID);
            assertMetric(INVALID);
        }
    }

    @ParameterizedTest
    @EnumSource
    void stream_isACompletedCall(Streamed form) throws Exception {
        OpenAIClient client = wire.client();
        for (String body : List.of(CHUNK + END, CHUNK.repeat(300) + END, CHUNK)) {
            wire.telemetry.reset();
            stream(body);
            form.call.make(client);

            assertCompleted();
        }
    }

    private void stream(String body) {
        wire.answers(ServiceWire.events(body));
    }

    @ParameterizedTest
    @EnumSource
    void errorInAStream_isNamedByTheService(Streamed form) throws Exception {
        stream(CHUNK + "data: {\"error\":{\"code\":\"overloaded\",\"message\":\"sk-secret\"}}\n\n");
        OpenAIClient client = wire.client();

        assertThat(catchThrowable(() -> form.call.make(client))).isNotNull();
        assertFailed("overloaded");
    }

    /** The SDK closes nothing then, and the program does so later. */
    @Test
    void validationOfAChunk_failsTheCall() throws Exception {
        stream(CHUNK.replace("\"created\":1,", "\"created\":\"no\",") + CHUNK.repeat(300) + END);
        OpenAIClient client = wire.client();
        try (StreamResponse<ChatCompletionChunk> response =
                client.chat().completions().createStreaming(SdkWire.chat(), VALIDATED)) {
            assertThat(catchThrowable(() -> response.stream().forEach(chunk -> {})))
                    .isInstanceOf(OpenAIInvalidDataException.class);
        }

        assertFailed(INVALID);
    }

    /** What fails in the program's own code is no failure of the service. */
    @Test
    void failureOfTheProgramsOwn_isNone() throws Exception {
        OpenAIClient client = wire.client();
        IllegalStateException own = new IllegalStateException("own");
        for (int chunks : new int[] {1, 300}) {
            wire.telemetry.reset();
            stream(CHUNK.repeat(chunks) + END);
            try (StreamResponse<ChatCompletionChunk> response = SdkWire.stream(client)) {
                assertThat(catchThrowable(() -> response.stream().forEach(chunk -> {
                            throw own;
                        })))
                        .isSameAs(own);
            }
            ended();
            assertThat(outcome(wire.modelCall())).isEqualTo(chunks == 1 ? "completed" : "interrupted");

            wire.telemetry.reset();
            CompletableFuture<Void> done = SdkWire.stream(client.async())
                    .subscribe(chunk -> {
                        throw own;
                    })
                    .onCompleteFuture();
            assertThat(catchThrowable(() -> done.get(30, TimeUnit.SECONDS))).hasCause(own);
            ended();
            assertThat(outcome(wire.modelCall())).isEqualTo(chunks == 1 ? "completed" : "interrupted");
        }
    }

    /** The program has read enough, and the rest of the stream is in a buffer. */
    @Test
    void programThatReadsNoFurther_endsTheCallAllTheSame() throws Exception {
        OpenAIClient client = wire.client();
        stream(CHUNK.repeat(3) + END);
        try (StreamResponse<ChatCompletionChunk> response = SdkWire.stream(client)) {
            assertThat(response.stream().findFirst()).isPresent();
        }
        assertCompleted();

        wire.telemetry.reset();
        try (Stream<ChatCompletionChunk> chunks = SdkWire.stream(client).stream()) {
            assertThat(chunks.findFirst()).isPresent();
        }
        assertCompleted();

        wire.telemetry.reset();
        firstOf(SdkWire.stream(client));
        collected();
        assertCompleted();
    }

    private static void firstOf(StreamResponse<ChatCompletionChunk> response) {
        Iterator<ChatCompletionChunk> chunks = response.stream().iterator();
        assertThat(chunks.next()).isNotNull();
    }

    @Test
    void programThatReadsNothing_endsTheCallAllTheSame() throws Exception {
        OpenAIClient client = wire.client();
        stream(CHUNK + END);
        SdkWire.stream(client).close();
        ended();
        assertThat(outcome(wire.modelCall())).isEqualTo("interrupted");

        wire.telemetry.reset();
        stream("");
        SdkWire.stream(client);
        collected();
        assertThat(outcome(wire.modelCall())).isIn("failed", "interrupted");

        wire.telemetry.reset();
        wire.answers(SdkWire.completion());
        try (HttpResponseFor<ChatCompletion> response =
                client.withRawResponse().chat().completions().create(SdkWire.chat())) {
            assertThat(new String(response.body().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo(SdkWire.COMPLETION);
            assertCompleted();
        }
    }

    @Test
    void rawResponse_isParsedOnce() throws Exception {
        OpenAIClient client = wire.client();
        wire.answers(SdkWire.completion());
        try (HttpResponseFor<ChatCompletion> response =
                client.withRawResponse().chat().completions().create(SdkWire.chat())) {
            assertThat(response.parse()).isSameAs(response.parse());
        }
        assertCompleted();
        stream(CHUNK + END);
        try (HttpResponseFor<StreamResponse<ChatCompletionChunk>> response =
                client.withRawResponse().chat().completions().createStreaming(SdkWire.chat())) {
            assertThat(response.parse()).isSameAs(response.parse());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void streamOfTheSdk_isUsedOnceAsWithTheBareSdk(boolean parallel) throws Exception {
        stream(CHUNK.repeat(5000) + END);
        OpenAIClient client = wire.client();
        try (StreamResponse<ChatCompletionChunk> response = SdkWire.stream(client)) {
            Stream<ChatCompletionChunk> chunks = response.stream();
            AtomicInteger count = new AtomicInteger();
            (parallel ? chunks.parallel() : chunks).forEach(chunk -> count.incrementAndGet());
            assertThat(count).hasValue(5000);
            assertThat(catchThrowable(() -> response.stream().forEach(chunk -> {})))
                    .isInstanceOf(IllegalStateException.class);
        }
        assertCompleted();
    }

    private void ended() {
        await().untilAsserted(() ->
                assertThat(wire.telemetry.spans("qwen-code.llm_request")).hasSize(1));
        collected();
    }

    private void collected() {
        await().untilAsserted(() -> {
            if (!wire.openSpans().isEmpty()) {
                System.gc(); // the SDK closes a stream that nobody holds
            }
            assertThat(wire.openSpans()).isEmpty();
        });
    }

    private void assertCompleted() {
        ended();
        SpanData call = wire.modelCall();
        assertThat(outcome(call)).isEqualTo("completed");
        assertThat(text(call, "error.type")).isNull();
        assertMetric(null);
    }

    private void assertFailed(String errorType) {
        ended();
        SpanData call = wire.modelCall();
        assertThat(outcome(call)).isEqualTo("failed");
        assertThat(flag(call, "success")).isFalse();
        assertThat(text(call, "error.type")).isEqualTo(errorType);
        assertThat(call.getStatus()).isEqualTo(StatusData.create(StatusCode.ERROR, "qwen-code.llm_request failed"));
        assertThat(call.toString()).doesNotContain("sk-secret");
        assertMetric(errorType);
    }

    private void assertMetric(@Nullable String errorType) {
        assertThat(wire.points().values("gen_ai.client.operation.duration", "error.type"))
                .contains(errorType);
    }
}
