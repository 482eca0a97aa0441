package dev.llmpropagation.gemini;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.gemini.GeminiWire.ask;
import static dev.llmpropagation.gemini.GeminiWire.atOnce;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.github.tomakehurst.wiremock.http.Fault;
import com.google.genai.Client;
import com.google.genai.errors.GenAiIOException;
import com.google.genai.errors.ServerException;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import dev.llmpropagation.fixtures.Attributed;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import okhttp3.Call;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Retries as the service and the exporter see them. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RetryWireTest {

    @RegisterExtension
    final GeminiWire wire = new GeminiWire();

    @Test
    void pitfall_44_retries_areSiblingAttemptsWithHeadersOfTheirOwn() throws Exception {
        wire.answersInTurn(
                aResponse().withStatus(500).withBody("no"), aResponse().withStatus(429), GeminiWire.answer());
        Client client = client(atOnce(5));
        String parent = wire.inSpan(() -> {
            assertThat(ask(client)).isEqualTo("hello");
            return null;
        });
        List<SpanData> attempts = wire.attempts(3);
        wire.assertCarried(attempts);
        assertThat(attempts).extracting(wire::callerOf).containsOnly(parent);
        assertThat(attempts)
                .extracting(span -> number(span, "http.request.resend_count"))
                .containsExactly(null, 1L, 2L);
        assertThat(attempts)
                .extracting(span -> number(span, "http.response.status_code"))
                .containsExactly(500L, 429L, 200L);
        assertThat(attempts).extracting(Attributed::outcome).containsExactly("failed", "failed", "completed");
        assertThat(attempts).extracting(span -> text(span, "error.type")).containsExactly("500", "429", null);
    }

    @Test
    void refusedConnects_areAttemptsOfTheirOwn() throws Exception {
        String nobody = GeminiWire.refusingUrl();
        Client client = wire.client(sdk -> sdk.httpOptions(HttpOptions.builder()
                .baseUrl(nobody)
                .retryOptions(atOnce(3).build())
                .build()));
        assertThatThrownBy(() -> ask(client))
                .isInstanceOf(GenAiIOException.class)
                .hasCauseInstanceOf(java.net.ConnectException.class);
        List<SpanData> attempts = wire.attempts(3);
        assertThat(attempts)
                .extracting(span -> number(span, "http.request.resend_count"))
                .containsExactly(null, 1L, 2L);
        assertThat(attempts).extracting(span -> text(span, "error.type")).containsOnly("java.net.ConnectException");
    }

    @Test
    void perRequestOptions_replaceThoseOfTheClient() {
        wire.answers(aResponse().withStatus(500));
        Client client = client(atOnce(2));
        assertThatThrownBy(() -> client.models.generateContent(
                        GeminiWire.MODEL,
                        "hi",
                        GenerateContentConfig.builder()
                                .httpOptions(HttpOptions.builder()
                                        .retryOptions(atOnce(4).build())
                                        .build())
                                .build()))
                .isInstanceOf(ServerException.class);
        assertThat(wire.requests()).hasSize(4);
        wire.assertCarried(wire.attempts(4));
    }

    @Test
    void asyncRetries_areSiblingsUnderTheCaller() throws Exception {
        wire.answersInTurn(aResponse().withStatus(503), GeminiWire.answer());
        Client client = client(atOnce(3));
        String parent = wire.inSpan(() -> client.async
                .models
                .generateContent(GeminiWire.MODEL, "hi", null)
                .get(30, TimeUnit.SECONDS));
        List<SpanData> attempts = wire.attempts(2);
        wire.assertCarried(attempts);
        assertThat(attempts).extracting(wire::callerOf).containsOnly(parent);
    }

    @Test
    void cancelDuringTheWait_endsTheCallWithoutAnotherAttempt() {
        wire.answers(aResponse().withStatus(503));
        AtomicReference<Call> running = new AtomicReference<>();
        OkHttpClient base = new OkHttpClient.Builder()
                .addInterceptor(chain -> {
                    running.set(chain.call());
                    return chain.proceed(chain.request());
                })
                .build();
        Client client = wire.client(
                GeminiClientFactory.builder(wire.propagation).httpClient(base).build(),
                sdk -> sdk.httpOptions(wire.options().retryOptions(forAnHour()).build()));
        CompletableFuture<Throwable> result = CompletableFuture.supplyAsync(() -> catchThrowable(() -> ask(client)));
        wire.attempts(1); // ended, so the wait has begun or is about to
        running.get().cancel();
        assertThat(result).succeedsWithin(Duration.ofSeconds(30)).satisfies(failure -> assertThat(failure)
                .hasCauseInstanceOf(IOException.class));
        assertThat(wire.requests()).hasSize(1);
        assertThat(wire.attempts(1)).hasSize(1);
    }

    @Test
    void timeoutDuringTheWait_endsTheCallAsOkHttpDoes() {
        wire.answers(aResponse().withStatus(503));
        Client client = wire.client(sdk -> sdk.httpOptions(
                wire.options().timeout(1000).retryOptions(forAnHour()).build()));
        assertThatThrownBy(() -> ask(client))
                .hasCauseInstanceOf(InterruptedIOException.class)
                .cause()
                .hasMessage("timeout");
        assertThat(wire.requests()).hasSize(1);
    }

    @Test
    void interruptDuringTheWait_endsTheCallAndKeepsTheFlag() throws Exception {
        wire.answers(aResponse().withStatus(503));
        Client client = client(
                HttpRetryOptions.builder().initialDelay(3600.0).maxDelay(3600.0).jitter(0.0));
        AtomicReference<Throwable> failure = new AtomicReference<>();
        AtomicReference<Boolean> flag = new AtomicReference<>();
        Thread caller = new Thread(() -> {
            failure.set(catchThrowable(() -> ask(client)));
            flag.set(Thread.currentThread().isInterrupted());
        });
        caller.start();
        wire.attempts(1);
        caller.interrupt();
        caller.join(30_000);
        assertThat(failure.get()).isInstanceOf(GenAiIOException.class).hasCauseInstanceOf(InterruptedIOException.class);
        assertThat(flag.get()).isTrue();
        assertThat(wire.requests()).hasSize(1);
    }

    static Stream<Arguments> statusAndOptions() {
        return Stream.of(200, 304, 400, 404, 408, 418, 429, 500, 501, 502, 503, 504)
                .flatMap(status -> Stream.of(
                                atOnce(1),
                                atOnce(0),
                                atOnce(3),
                                HttpRetryOptions.builder().initialDelay(0.0),
                                atOnce(2).httpStatusCodes(List.of(418, 304, 200)),
                                atOnce(2).httpStatusCodes(List.of()))
                        .map(options -> Arguments.of(status, options.build())));
    }

    @ParameterizedTest
    @MethodSource("statusAndOptions")
    void requestsAndResult_areThoseOfTheBareSdk(int status, HttpRetryOptions options) {
        wire.answers(
                status == 200
                        ? GeminiWire.answer()
                        : aResponse().withStatus(status).withBody("{\"error\":{\"message\":\"no\"}}"));
        assertSameAsBare(options);
    }

    @ParameterizedTest
    @MethodSource("faults")
    void requestsAndException_areThoseOfTheBareSdk_whenTheConnectionBreaks(Fault fault) {
        wire.answers(aResponse().withFault(fault));
        assertSameAsBare(atOnce(3).build());
    }

    static Stream<Fault> faults() {
        return Stream.of(Fault.CONNECTION_RESET_BY_PEER, Fault.EMPTY_RESPONSE, Fault.RANDOM_DATA_THEN_CLOSE);
    }

    private void assertSameAsBare(HttpRetryOptions options) {
        HttpOptions http = wire.options().retryOptions(options).build();
        Client bare = wire.closeLater(
                Client.builder().apiKey(GeminiWire.KEY).httpOptions(http).build());
        Throwable expected = catchThrowable(() -> ask(bare));
        int expectedRequests = wire.requests().size();
        wire.server.resetRequests();

        Throwable actual = catchThrowable(() -> ask(wire.client(sdk -> sdk.httpOptions(http))));
        assertThat(wire.requests()).hasSize(expectedRequests);
        assertThat(describe(actual)).isEqualTo(describe(expected));
    }

    private static String describe(Throwable failure) {
        return failure == null
                ? "none"
                : failure + " by "
                        + (failure.getCause() == null
                                ? "none"
                                : failure.getCause().getClass());
    }

    private static HttpRetryOptions forAnHour() {
        return HttpRetryOptions.builder()
                .initialDelay(3600.0)
                .maxDelay(3600.0)
                .jitter(0.0)
                .build();
    }

    private Client client(HttpRetryOptions.Builder retry) {
        return wire.client(sdk ->
                sdk.httpOptions(wire.options().retryOptions(retry.build()).build()));
    }
}
