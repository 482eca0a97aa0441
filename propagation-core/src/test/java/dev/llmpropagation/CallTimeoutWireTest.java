package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static com.github.tomakehurst.wiremock.client.WireMock.permanentRedirect;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.fixtures.Attributed;
import dev.llmpropagation.fixtures.Enqueued;
import dev.llmpropagation.fixtures.Requests;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A call that takes too long, wherever it is: span and metric name the exception that the program gets. */
class CallTimeoutWireTest {

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    @BeforeEach
    void answer() {
        wire.answers(ok("hello").withFixedDelay(30_000));
        wire.answers("/from", permanentRedirect("/slow"));
        wire.answers("/body", ok("x".repeat(100_000)).withChunkedDribbleDelay(2, 60_000));
    }

    enum Stage {
        CONNECT,
        HEADERS,
        REDIRECTED,
        BODY,
        HEADERS_HTTP2,
        BODY_HTTP2
    }

    @Test
    void errorType_isThatOfTheProgramsException() throws Exception {
        assertIsTold(this::execute);
    }

    @Test
    void errorType_isThatOfTheProgramsExceptionInAsyncCalls() throws Exception {
        assertIsTold(this::enqueue);
    }

    private interface Caller {
        Exception failure(OkHttpClient client, String url) throws Exception;
    }

    /** Calls that come to an end at each stage, all at once: they wait for the same time. */
    private void assertIsTold(Caller caller) throws Exception {
        Map<Stage, Span> callers = new EnumMap<>(Stage.class);
        Map<Stage, Future<Exception>> failures = new EnumMap<>(Stage.class);
        ExecutorService threads = Executors.newCachedThreadPool();
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            OkHttpClient plain = limited(wire.client());
            OkHttpClient secure = limited(wire.secureClient());
            for (Stage stage : Stage.values()) {
                Span span = wire.startSpan(stage.name());
                callers.put(stage, span);
                OkHttpClient client = stage.name().endsWith("HTTP2") ? secure : plain;
                Callable<Exception> call = () -> caller.failure(client, url(stage, silent.getLocalPort()));
                failures.put(stage, threads.submit(Context.root().with(span).wrap(call)));
            }
            for (Future<Exception> failure : failures.values()) {
                assertThat(failure.get(60, TimeUnit.SECONDS))
                        .isExactlyInstanceOf(InterruptedIOException.class)
                        .hasMessage("timeout");
            }
        } finally {
            threads.shutdown();
            callers.values().forEach(Span::end);
        }
        List<SpanData> attempts = wire.attempts(Stage.values().length + 1);
        for (Stage stage : Stage.values()) {
            List<SpanData> own = attempts.stream()
                    .filter(attempt -> attempt.getTraceId()
                            .equals(callers.get(stage).getSpanContext().getTraceId()))
                    .toList();
            assertThat(own).as("attempts of %s", stage).hasSize(stage == Stage.REDIRECTED ? 2 : 1);
            SpanData last = own.get(own.size() - 1);
            assertThat(outcome(last)).as("outcome of %s", stage).isEqualTo("timed_out");
            assertThat(Attributed.text(last, "error.type")).isEqualTo("java.io.InterruptedIOException");
            assertThat(last.getEvents()).last().satisfies(event -> assertThat(text(event, "exception.type"))
                    .isEqualTo("java.io.InterruptedIOException"));
        }
        assertThat(measured())
                .isEqualTo(Map.of("java.io.InterruptedIOException", (long) Stage.values().length, "none", 1L));
    }

    private static OkHttpClient limited(OkHttpClient client) {
        return client.newBuilder()
                .callTimeout(
                        Duration.ofMillis(1_500)) // of a shorter one, the pauses of a busy machine are a large part
                .build();
    }

    private String url(Stage stage, int silentPort) {
        return switch (stage) {
            case CONNECT -> "https://localhost:" + silentPort + "/";
            case HEADERS -> wire.url("/slow");
            case REDIRECTED -> wire.url("/from");
            case BODY -> wire.url("/body");
            case HEADERS_HTTP2 -> wire.secureUrl("/slow");
            case BODY_HTTP2 -> wire.secureUrl("/body");
        };
    }

    /** How many attempts, by the type of their error. */
    private Map<String, Long> measured() {
        return wire.telemetry.metrics().stream()
                .filter(metric -> metric.getName().equals("http.client.request.duration"))
                .flatMap(metric -> metric.getHistogramData().getPoints().stream())
                .collect(Collectors.groupingBy(
                        point -> Objects.requireNonNullElse(Attributed.text(point, "error.type"), "none"),
                        Collectors.summingLong(HistogramPointData::getCount)));
    }

    private Exception execute(OkHttpClient client, String url) {
        try (Response response = client.newCall(Requests.get(url)).execute()) {
            response.body().string();
            throw new AssertionError("no timeout");
        } catch (IOException e) {
            return e;
        }
    }

    private Exception enqueue(OkHttpClient client, String url) throws Exception {
        try {
            String body = Enqueued.body(client.newCall(Requests.get(url))).get(30, TimeUnit.SECONDS);
            throw new AssertionError("no timeout, but " + body.length());
        } catch (ExecutionException e) {
            return (Exception) e.getCause();
        }
    }
}
