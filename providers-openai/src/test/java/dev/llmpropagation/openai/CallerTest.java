package dev.llmpropagation.openai;

import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static dev.llmpropagation.fixtures.Attributed.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.client.WireMock;
import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.core.http.HttpResponse;
import com.openai.core.http.HttpResponseFor;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionListPage;
import com.openai.models.chat.completions.ChatCompletionListPageAsync;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Every way to call: parent and headers are the caller's, the result is the SDK's, continuations run as the caller. */
class CallerTest {

    private static final EmbeddingCreateParams EMBEDDING =
            EmbeddingCreateParams.builder().model("m").input("x").build();
    private static final ResponseCreateParams RESPONSE =
            ResponseCreateParams.builder().model("m").input("x").build();
    private static final String RESPONSE_JSON = "{\"id\":\"r-1\",\"object\":\"response\",\"output\":[]}";
    private static final String EMBEDDING_JSON =
            "{\"object\":\"list\",\"model\":\"m\",\"data\":[],\"usage\":{\"prompt_tokens\":1,\"total_tokens\":1}}";

    @RegisterExtension
    final SdkWire wire = new SdkWire();

    private final Span caller = wire.startSpan("caller");

    @Test
    void syncCall_belongsToItsCaller() throws Exception {
        wire.answers(SdkWire.completion());
        ChatCompletion result = wire.inSpan(caller, () -> SdkWire.ask(wire.client()));

        assertThat(result.id()).isEqualTo("c-1");
        wire.everyAttemptBelongsTo(caller, 1);
    }

    @Test
    void embeddingsAndResponses_belongToTheirCaller() throws Exception {
        OpenAIClient client = wire.client();
        wire.inSpan(caller, () -> {
            wire.answers(okJson(EMBEDDING_JSON));
            client.embeddings().create(EMBEDDING);
            client.async().embeddings().create(EMBEDDING).get(20, TimeUnit.SECONDS);
            wire.answers(okJson(RESPONSE_JSON));
            client.responses().create(RESPONSE);
            return client.async().responses().create(RESPONSE).get(20, TimeUnit.SECONDS);
        });

        wire.everyAttemptBelongsTo(caller, 4);
    }

    @Test
    void asyncCall_belongsToItsCallerAndSoDoItsContinuations() throws Exception {
        wire.answers(SdkWire.completion().withFixedDelay(100));
        CompletableFuture<String> continued = wire.inSpan(
                caller, () -> SdkWire.ask(wire.asyncClient()).thenApply(result -> result.id() + ' ' + currentSpanId()));

        assertThat(continued.get(20, TimeUnit.SECONDS)).isEqualTo("c-1 " + id(caller));
        wire.everyAttemptBelongsTo(caller, 1);
    }

    @Test
    void asyncStages_runInTheCallersContext() throws Exception {
        wire.answers(SdkWire.completion().withFixedDelay(100));
        CompletableFuture<String> continued = wire.inSpan(caller, () -> SdkWire.ask(wire.asyncClient())
                .thenApplyAsync(result -> currentSpanId())
                .thenCombineAsync(
                        CompletableFuture.completedFuture(" "), (one, other) -> one + other + currentSpanId()));

        assertThat(continued.get(20, TimeUnit.SECONDS)).isEqualTo(id(caller) + ' ' + id(caller));
    }

    @Test
    void asyncOfSyncAndSyncOfAsync_belongToTheirCaller() throws Exception {
        wire.answers(SdkWire.completion());
        OpenAIClient client = wire.client();
        OpenAIClientAsync async = wire.asyncClient();
        wire.inSpan(caller, () -> {
            SdkWire.ask(client.async()).get(20, TimeUnit.SECONDS);
            return async.sync().chat().completions().create(SdkWire.chat());
        });

        wire.everyAttemptBelongsTo(caller, 2);
    }

    @Test
    void rawResponses_belongToTheirCaller() throws Exception {
        wire.answers(SdkWire.completion());
        OpenAIClient client = wire.client();
        wire.inSpan(caller, () -> {
            try (HttpResponseFor<ChatCompletion> raw =
                    client.withRawResponse().chat().completions().create(SdkWire.chat())) {
                assertThat(raw.statusCode()).isEqualTo(200);
                assertThat(raw.parse().id()).isEqualTo("c-1");
            }
            try (HttpResponseFor<ChatCompletion> raw = client.async()
                    .chat()
                    .completions()
                    .withRawResponse()
                    .create(SdkWire.chat())
                    .get(20, TimeUnit.SECONDS)) {
                assertThat(raw.parse().id()).isEqualTo("c-1");
            }
            try (HttpResponse content = client.files().content("f-1")) {
                assertThat(content.statusCode()).isEqualTo(200);
            }
            return null;
        });

        wire.everyAttemptBelongsTo(caller, 3);
    }

    @Test
    void syncStream_belongsToItsCaller() throws Exception {
        wire.answers(SdkWire.chunks(3));
        wire.inSpan(caller, () -> {
            try (StreamResponse<ChatCompletionChunk> response = SdkWire.stream(wire.client());
                    Stream<ChatCompletionChunk> chunks = response.stream()) {
                assertThat(chunks).hasSize(3);
            }
            return null;
        });

        wire.everyAttemptBelongsTo(caller, 1);
    }

    @Test
    void asyncStream_runsItsHandlerAsTheCaller() throws Exception {
        wire.answers(SdkWire.chunks(3));
        OpenAIClientAsync client = wire.asyncClient();
        Contexts byDefault = new Contexts();
        Contexts onExecutor = new Contexts();
        CompletableFuture<String> continued = wire.inSpan(caller, () -> {
            SdkWire.stream(client)
                    .subscribe(onExecutor, Runnable::run)
                    .onCompleteFuture()
                    .get(20, TimeUnit.SECONDS);
            AsyncStreamResponse<ChatCompletionChunk> stream = SdkWire.stream(client);
            CompletableFuture<String> done = stream.onCompleteFuture().thenApply(nothing -> currentSpanId());
            assertThat(stream.subscribe(byDefault)).isSameAs(stream);
            return done;
        });

        assertThat(continued.get(20, TimeUnit.SECONDS)).isEqualTo(id(caller));
        assertThat(byDefault.spans).containsExactly(id(caller), id(caller), id(caller), "end " + id(caller));
        assertThat(onExecutor.spans).containsExactly(id(caller), id(caller), id(caller), "end " + id(caller));
        wire.everyAttemptBelongsTo(caller, 2);
    }

    @Test
    void failedAsyncStream_tellsItsHandlerAndFutureWhatTheSdkSays() throws Exception {
        wire.answers(WireMock.badRequest());
        Contexts handler = new Contexts();
        CompletableFuture<Void> completed = wire.inSpan(
                caller,
                () -> SdkWire.stream(wire.asyncClient()).subscribe(handler).onCompleteFuture());

        assertThatThrownBy(() -> completed.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(BadRequestException.class);
        wire.everyAttemptBelongsTo(caller, 1);
    }

    @Test
    void failures_areTheSdksOwn() throws Exception {
        wire.answers(WireMock.badRequest());
        OpenAIClient client = wire.client();

        assertThatThrownBy(() -> SdkWire.ask(client)).isInstanceOf(BadRequestException.class);
        CompletableFuture<ChatCompletion> future = SdkWire.ask(client.async());
        assertThatThrownBy(() -> future.get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(BadRequestException.class);
        assertThat(future.isCancelled()).isFalse();
    }

    @Test
    void pitfall_44_retries_areSiblingsWithTheirOrdinal() throws Exception {
        OpenAIClient client = wire.client();
        failTwice();
        wire.inSpan(caller, () -> SdkWire.ask(client));
        failTwice();
        Span second = wire.startSpan("second");
        CompletableFuture<ChatCompletion> future = wire.inSpan(second, () -> SdkWire.ask(client.async()));
        assertThat(future.get(20, TimeUnit.SECONDS).id()).isEqualTo("c-1");

        assertThat(wire.attempts(6))
                .extracting(span -> number(span, "http.request.resend_count"))
                .containsExactly(null, 1L, 2L, null, 1L, 2L);
        assertThat(wire.attempts(6))
                .extracting(wire::callerOf)
                .containsExactly(id(caller), id(caller), id(caller), id(second), id(second), id(second));
        assertThat(wire.requests())
                .extracting(request -> request.getHeader("X-Stainless-Retry-Count"))
                .containsExactly("0", "1", "2", "0", "1", "2");
    }

    @Test
    void nextPages_belongToWhoAsksForThem() throws Exception {
        wire.answers(okJson("{\"object\":\"list\",\"data\":[" + SdkWire.COMPLETION
                + "],\"has_more\":true,\"first_id\":\"c-1\",\"last_id\":\"c-1\"}"));
        OpenAIClient client = wire.client();
        ChatCompletionListPage first = client.chat().completions().list();
        CompletableFuture<ChatCompletionListPageAsync> firstAsync =
                client.async().chat().completions().list();
        firstAsync.get(20, TimeUnit.SECONDS);
        wire.attempts(2);
        wire.telemetry.reset();
        wire.server.resetRequests();
        wire.inSpan(caller, () -> {
            assertThat(first.nextPage().items()).hasSize(1);
            return firstAsync.get().nextPage().get(20, TimeUnit.SECONDS);
        });

        wire.everyAttemptBelongsTo(caller, 2);
    }

    private void failTwice() {
        wire.answersInTurn(WireMock.serverError(), WireMock.serverError(), SdkWire.completion());
    }

    private static String id(Span span) {
        return span.getSpanContext().getSpanId();
    }

    private static String currentSpanId() {
        return Span.fromContext(Context.current()).getSpanContext().getSpanId();
    }

    private static final class Contexts implements AsyncStreamResponse.Handler<ChatCompletionChunk> {
        final List<String> spans = Collections.synchronizedList(new ArrayList<>());

        @Override
        public void onNext(ChatCompletionChunk chunk) {
            spans.add(currentSpanId());
        }

        @Override
        public void onComplete(Optional<Throwable> error) {
            spans.add("end " + currentSpanId());
        }
    }
}
