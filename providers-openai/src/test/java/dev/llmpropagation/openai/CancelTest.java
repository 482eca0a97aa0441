package dev.llmpropagation.openai;

import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.core.http.HttpResponseFor;
import com.openai.errors.OpenAIIoException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.Attributed;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.OkHttpClient;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the program cancels ends on the wire and is not tried again. {@link SdkWire} checks that nothing is left. */
class CancelTest {

    private static final Duration LONG = Duration.ofSeconds(30);

    @RegisterExtension
    final SdkWire wire = new SdkWire();

    private final Span caller = wire.startSpan("caller");

    /** How the program ends its future, and what that is. */
    enum Way {
        CANCEL("cancelled", null, future -> future.cancel(true)),
        VALUE("cancelled", null, future -> future.complete(null)),
        DEADLINE("timed_out", TimeoutException.class, future -> future.orTimeout(1, TimeUnit.MILLISECONDS)),
        TIMEOUT(
                "timed_out",
                TimeoutException.class,
                future -> future.completeExceptionally(new TimeoutException("sk-secret"))),
        FAILURE(
                "failed",
                IllegalStateException.class,
                future -> future.completeExceptionally(new IllegalStateException("sk-secret")));

        final String outcome;
        final String errorType;
        final Consumer<CompletableFuture<?>> end;

        Way(String outcome, Class<?> error, Consumer<CompletableFuture<?>> end) {
            this.outcome = outcome;
            this.errorType = error == null ? null : error.getName();
            this.end = end;
        }
    }

    @ParameterizedTest
    @EnumSource
    void futureEndedByTheProgram_endsOnTheWireAndIsNotRetried(Way way) throws Exception {
        wire.answers(SdkWire.completion().withFixedDelay((int) LONG.toMillis()));
        OpenAIClientAsync client = wire.asyncClient();
        CompletableFuture<ChatCompletion> future = wire.inSpan(caller, () -> SdkWire.ask(client));
        awaitRunning(client, 1);
        way.end.accept(future);

        await().until(future::isDone);
        await().untilAsserted(() -> assertThat(wire.telemetry.spans()).hasSize(3));
        for (SpanData span : List.of(wire.attempts(1).get(0), wire.modelCall())) {
            assertThat(outcome(span)).isEqualTo(way.outcome);
            assertThat(span.toString()).doesNotContain("sk-secret");
        }
        assertThat(text(wire.attempts(1).get(0), "error.type")).isEqualTo(way.errorType);
        await().untilAsserted(() -> assertThat(
                        SdkWire.transport(client).client().connectionPool().connectionCount())
                .isZero());
        await().untilAsserted(() ->
                assertThat(SdkWire.transport(client).calls().size()).isZero());
        assertThat(wire.attempts(1)).hasSize(1);
    }

    @Test
    void rawFutureCancelled_endsOnTheWire() throws Exception {
        wire.answers(SdkWire.completion().withFixedDelay((int) LONG.toMillis()));
        OpenAIClientAsync client = wire.asyncClient();
        CompletableFuture<HttpResponseFor<ChatCompletion>> future = wire.inSpan(
                caller, () -> client.withRawResponse().chat().completions().create(SdkWire.chat()));
        awaitRunning(client, 1);
        future.cancel(true);

        assertThat(outcome(wire.attempts(1).get(0))).isEqualTo("cancelled");
    }

    /** A call whose first attempt fails, and whose next one is held back. */
    private final class HeldRetry {
        private final CountDownLatch waiting = new CountDownLatch(1);
        private final CompletableFuture<Void> wake = new CompletableFuture<>();
        final OpenAIClientAsync client = wire.asyncClient(sdk -> sdk.sleeper(new HeldSleeper(waiting, wake)));

        HeldRetry() {
            wire.answers(com.github.tomakehurst.wiremock.client.WireMock.serverError());
        }

        void awaitIt() throws InterruptedException {
            assertThat(waiting.await(20, TimeUnit.SECONDS)).isTrue();
        }

        /** Though it may go on. */
        void isNotMade() {
            assertThat(SdkWire.transport(client).calls().size()).isOne();
            wake.complete(null);

            await().untilAsserted(() ->
                    assertThat(SdkWire.transport(client).calls().size()).isZero());
            assertThat(wire.requests()).hasSize(1);
            wire.attempts(1);
        }
    }

    @Test
    void futureCancelledBetweenRetries_isNotRetried() throws Exception {
        HeldRetry retry = new HeldRetry();
        CompletableFuture<ChatCompletion> future = wire.inSpan(caller, () -> SdkWire.ask(retry.client));
        retry.awaitIt();
        future.cancel(true);

        // Though the SDK may wait for long: the service can ask for it.
        assertThat(outcome(wire.modelCall())).isEqualTo("cancelled");
        retry.isNotMade();
    }

    @Test
    void streamClosedBeforeItsResponse_endsOnTheWireAndIsNotRetried() throws Exception {
        wire.answers(SdkWire.chunks(1).withFixedDelay((int) LONG.toMillis()));
        OpenAIClientAsync client = wire.asyncClient();
        AsyncStreamResponse<ChatCompletionChunk> stream = wire.inSpan(caller, () -> SdkWire.stream(client));
        awaitRunning(client, 1);
        stream.close();
        stream.close();

        assertThat(stream.onCompleteFuture()).succeedsWithin(LONG);
        assertThat(outcome(wire.attempts(1).get(0))).isEqualTo("cancelled");
        assertThatThrownBy(() -> stream.subscribe(chunk -> {})).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void subscribedStreamClosedBeforeItsResponse_endsOnTheWireAndIsNotRetried() throws Exception {
        wire.answers(SdkWire.chunks(1).withFixedDelay((int) LONG.toMillis()));
        OpenAIClientAsync client = wire.asyncClient();
        AsyncStreamResponse<ChatCompletionChunk> stream =
                wire.inSpan(caller, () -> SdkWire.stream(client).subscribe(chunk -> {}));
        awaitRunning(client, 1);
        stream.close();

        assertThat(outcome(wire.attempts(1).get(0))).isEqualTo("cancelled");
    }

    /** OkHttp tells it on the thread that cancels. That is ours: with the bare SDK neither of these cancels anything. */
    @Test
    void listenerThatThrowsUponTheCancel_isNotHeardByWhoEndsTheCall() {
        wire.answers(SdkWire.chunks(1).withFixedDelay((int) LONG.toMillis()));
        List<String> told = new CopyOnWriteArrayList<>();
        LlmPropagation propagation = LlmPropagation.builder(wire.openTelemetry)
                .diagnostics(told::add)
                .build();
        OpenAiClientFactory factory = OpenAiClientFactory.builder(propagation)
                .httpClient(new OkHttpClient.Builder()
                        .eventListener(new ThrowsUponCancel())
                        .build())
                .build();
        OpenAIClient client = wire.client(factory, sdk -> {});
        AsyncStreamResponse<ChatCompletionChunk> stream =
                client.async().chat().completions().createStreaming(SdkWire.chat());
        awaitRunning(client, 1);
        stream.close();
        assertThat(outcome(wire.attempts(1).get(0))).isEqualTo("cancelled");
        CompletableFuture<ChatCompletion> future =
                client.async().chat().completions().create(SdkWire.chat());
        awaitRunning(client, 2);

        assertThat(future.cancel(true)).isTrue();
        assertThat(outcome(wire.attempts(2).get(1))).isEqualTo("cancelled");
        assertThat(told)
                .containsExactly("A listener failed when its call was cancelled (java.lang.IllegalStateException)");
        caller.end();
    }

    private static final class ThrowsUponCancel extends EventListener {
        @Override
        public void canceled(Call call) {
            throw new IllegalStateException("SECRET");
        }
    }

    @Test
    void streamClosedBetweenRetries_isNotRetriedEvenAfterACollection() throws Exception {
        HeldRetry retry = new HeldRetry();
        AsyncStreamResponse<ChatCompletionChunk> stream = wire.inSpan(caller, () -> SdkWire.stream(retry.client));
        retry.awaitIt();
        stream.close();
        stream = null;
        System.gc();
        retry.isNotMade();
    }

    @Test
    void streamClosedByItsHandler_isInterruptedAndNotCancelled() throws Exception {
        wire.answers(SdkWire.chunks(1000).withChunkedDribbleDelay(500, (int) LONG.toMillis()));
        OpenAIClientAsync client = wire.asyncClient();
        AsyncStreamResponse<ChatCompletionChunk> stream = wire.inSpan(caller, () -> SdkWire.stream(client));
        stream.subscribe(chunk -> stream.close());

        assertThat(stream.onCompleteFuture()).succeedsWithin(LONG);
        assertThat(outcome(wire.attempts(1).get(0))).isEqualTo("interrupted");
    }

    @Test
    void dispatcherCancelsEverything_syncCallsFailAsCancelledAndAreNotRetried() throws Exception {
        OpenAIClient client = wire.client();
        int calls = 0;
        for (ThrowingCallable call : List.<ThrowingCallable>of(
                () -> SdkWire.ask(client),
                () -> SdkWire.stream(client),
                () -> client.withRawResponse().chat().completions().create(SdkWire.chat()),
                () -> client.files().content("f-1"))) {
            wire.answers(SdkWire.completion().withFixedDelay((int) LONG.toMillis()));
            CompletableFuture<Throwable> failure = CompletableFuture.supplyAsync(() -> catchThrowable(call));
            cancelAll(client, ++calls);

            assertThat(failure.get(20, TimeUnit.SECONDS))
                    .isInstanceOf(OpenAIIoException.class)
                    .hasMessage("Request failed")
                    .cause()
                    .isInstanceOf(IOException.class)
                    .hasMessage("Canceled");
        }
        assertThat(wire.attempts(4)).extracting(Attributed::outcome).containsOnly("cancelled");
        caller.end();
    }

    @Test
    void dispatcherCancelsEverything_asyncCallsFailAsCancelledAndAreNotRetried() throws Exception {
        wire.answers(SdkWire.completion().withFixedDelay((int) LONG.toMillis()));
        OpenAIClient client = wire.client();
        CompletableFuture<Throwable> streamFailure = new CompletableFuture<>();
        CompletableFuture<ChatCompletion> future = SdkWire.ask(client.async());
        cancelAll(client, 1);
        AsyncStreamResponse<ChatCompletionChunk> stream = SdkWire.stream(client.async());
        stream.subscribe(new AsyncStreamResponse.Handler<>() {
            @Override
            public void onNext(ChatCompletionChunk chunk) {}

            @Override
            public void onComplete(Optional<Throwable> error) {
                streamFailure.complete(error.orElse(null));
            }
        });
        cancelAll(client, 2);

        assertThat(catchThrowable(() -> future.get(20, TimeUnit.SECONDS)))
                .cause()
                .isInstanceOf(OpenAIIoException.class)
                .hasRootCauseMessage("Canceled");
        assertThat(streamFailure.get(20, TimeUnit.SECONDS))
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOf(OpenAIIoException.class)
                .hasRootCauseMessage("Canceled");
        assertThat(wire.attempts(2)).hasSize(2);
        caller.end();
    }

    /** With the last of these requests on the wire: a connection that no request has used yet outlives a cancel. */
    private void awaitRunning(Object client, int requests) {
        await().until(() -> wire.requests().size() == requests
                && SdkWire.transport(client).client().dispatcher().runningCallsCount() == 1);
    }

    private void cancelAll(Object client, int requests) {
        awaitRunning(client, requests);
        SdkWire.transport(client).client().dispatcher().cancelAll();
    }

    /** A sleeper that sleeps until it is woken. */
    private record HeldSleeper(CountDownLatch waiting, CompletableFuture<Void> wake)
            implements com.openai.core.Sleeper {
        @Override
        public void sleep(Duration duration) {
            throw new UnsupportedOperationException("async only");
        }

        @Override
        public CompletableFuture<Void> sleepAsync(Duration duration) {
            waiting.countDown();
            return wake;
        }

        @Override
        public void close() {}
    }
}
