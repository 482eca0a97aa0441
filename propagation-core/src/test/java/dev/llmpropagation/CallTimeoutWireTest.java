package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static com.github.tomakehurst.wiremock.client.WireMock.permanentRedirect;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A call that takes too long, wherever it is: span and metric name the exception that the program gets. */
class CallTimeoutWireTest {

    private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    @BeforeEach
    void answer() {
        wire.server.stubFor(any(anyUrl()).willReturn(ok("hello").withFixedDelay(30_000)));
        wire.server.stubFor(any(urlEqualTo("/from")).willReturn(permanentRedirect("/slow")));
        wire.server.stubFor(
                any(urlEqualTo("/body")).willReturn(ok("x".repeat(100_000)).withChunkedDribbleDelay(2, 60_000)));
    }

    enum Stage {
        CONNECT,
        HEADERS,
        REDIRECTED,
        BODY,
        HEADERS_HTTP2,
        BODY_HTTP2
    }

    @ParameterizedTest
    @EnumSource
    void errorType_isThatOfTheProgramsException(Stage stage) throws Exception {
        assertIsTold(stage, this::execute);
    }

    @ParameterizedTest
    @EnumSource
    void errorType_isThatOfTheProgramsExceptionInAsyncCalls(Stage stage) throws Exception {
        assertIsTold(stage, this::enqueue);
    }

    private interface Caller {
        Exception failure(OkHttpClient client, String url) throws Exception;
    }

    private void assertIsTold(Stage stage, Caller caller) throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            boolean http2 = stage == Stage.HEADERS_HTTP2 || stage == Stage.BODY_HTTP2;
            OkHttpClient client = (http2 ? wire.secureClient() : wire.client())
                    .newBuilder()
                    .callTimeout(
                            Duration.ofMillis(1_500)) // of a shorter one, the pauses of a busy machine are a large part
                    .build();
            String url =
                    switch (stage) {
                        case CONNECT -> "https://localhost:" + silent.getLocalPort() + "/";
                        case HEADERS -> wire.url("/slow");
                        case REDIRECTED -> wire.url("/from");
                        case BODY -> wire.url("/body");
                        case HEADERS_HTTP2 -> wire.secureUrl("/slow");
                        case BODY_HTTP2 -> wire.secureUrl("/body");
                    };
            Exception failure = caller.failure(client, url);

            assertThat(failure.getClass().getName()).isEqualTo("java.io.InterruptedIOException");
            assertThat(failure).hasMessage("timeout");
            List<SpanData> attempts = wire.attempts(stage == Stage.REDIRECTED ? 2 : 1);
            SpanData attempt = attempts.get(attempts.size() - 1);
            assertThat(attempt.getAttributes().get(AttributeKey.stringKey("llm_propagation.outcome")))
                    .isEqualTo("timed_out");
            assertThat(attempt.getAttributes().get(ERROR_TYPE)).isEqualTo("java.io.InterruptedIOException");
            assertThat(attempt.getEvents()).last().satisfies(event -> assertThat(
                            event.getAttributes().get(AttributeKey.stringKey("exception.type")))
                    .isEqualTo("java.io.InterruptedIOException"));
            assertThat(metricsErrorTypes()).contains("java.io.InterruptedIOException");
        }
    }

    private List<String> metricsErrorTypes() {
        return wire.telemetry.metrics().stream()
                .filter(metric -> metric.getName().equals("http.client.request.duration"))
                .flatMap(metric -> metric.getHistogramData().getPoints().stream())
                .map(HistogramPointData::getAttributes)
                .map(attributes -> attributes.get(ERROR_TYPE))
                .toList();
    }

    private Exception execute(OkHttpClient client, String url) {
        try (Response response =
                client.newCall(new Request.Builder().url(url).build()).execute()) {
            response.body().string();
            throw new AssertionError("no timeout");
        } catch (IOException e) {
            return e;
        }
    }

    private Exception enqueue(OkHttpClient client, String url) throws Exception {
        CompletableFuture<Exception> failure = new CompletableFuture<>();
        client.newCall(new Request.Builder().url(url).build()).enqueue(new Callback() {
            @Override
            public void onFailure(Call call, IOException e) {
                failure.complete(e);
            }

            @Override
            public void onResponse(Call call, Response response) {
                try (response) {
                    response.body().string();
                    failure.completeExceptionally(new AssertionError("no timeout"));
                } catch (IOException e) {
                    failure.complete(e);
                }
            }
        });
        return failure.get(30, TimeUnit.SECONDS);
    }
}
