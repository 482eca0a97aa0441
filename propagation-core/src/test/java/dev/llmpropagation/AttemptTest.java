package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static dev.llmpropagation.fixtures.Attributed.flag;
import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.data.Offset.offset;

import com.github.tomakehurst.wiremock.http.Fault;
import dev.llmpropagation.fixtures.AtSpanEnd;
import dev.llmpropagation.fixtures.Latches;
import dev.llmpropagation.fixtures.LocalServer;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.fixtures.SpanStarts;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import okhttp3.Cache;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The span and the metric of one attempt. */
class AttemptTest {

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    @Test
    void span_followsTheHttpConventions() throws Exception {
        wire.answers(ok("hello").withHeader("X-Id", "r-1"));
        OkHttpClient client = wire.client(
                wire.propagation().capturedRequestHeaders(List.of("X-Asked")).capturedResponseHeaders(List.of("X-Id")));
        Request request = Requests.post(wire.url("/v1/chat?key=SECRET"), "{}", "X-Asked", "for");
        Requests.body(client, request);

        SpanData span = wire.attempt();
        assertThat(span.getName()).isEqualTo("POST");
        assertThat(span.getKind()).isEqualTo(SpanKind.CLIENT);
        assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        assertThat(span.getEvents()).isEmpty();
        assertThat(span.getInstrumentationScopeInfo().getVersion()).isNotBlank().doesNotContain("$");
        assertThat(span.getInstrumentationScopeInfo().getSchemaUrl()).startsWith("https://opentelemetry.io/schemas/1.");
        assertThat(span.getAttributes().get(AttributeKey.doubleKey("llm_propagation.time_to_first_byte")))
                .isPositive()
                .isLessThan((span.getEndEpochNanos() - span.getStartEpochNanos()) / 1e9 + 0.1);
        Attributes settled = span.getAttributes().toBuilder()
                .remove(AttributeKey.doubleKey("llm_propagation.time_to_first_byte"))
                .remove(AttributeKey.stringKey("network.peer.address"))
                .build();
        assertThat(settled)
                .isEqualTo(Attributes.builder()
                        .put("http.request.method", "POST")
                        .put("server.address", "localhost")
                        .put("server.port", wire.server.port())
                        .put("url.full", wire.url("/v1/chat?key=REDACTED"))
                        .put("http.response.status_code", 200)
                        .put("network.protocol.version", "1.1")
                        .put("network.peer.port", wire.server.port())
                        .put(AttributeKey.stringArrayKey("http.request.header.x-asked"), List.of("for"))
                        .put(AttributeKey.stringArrayKey("http.response.header.x-id"), List.of("r-1"))
                        .put("llm_propagation.outcome", "completed")
                        .build());
    }

    @Test
    void metric_hasTheConventionsBucketsAndTheSpansDuration() throws Exception {
        wire.answers(ok("hello"));
        Requests.body(wire.client(), get("/"));

        MetricData metric = wire.points().metric("http.client.request.duration");
        assertThat(metric.getUnit()).isEqualTo("s");
        assertThat(metric.getInstrumentationScopeInfo())
                .isEqualTo(wire.attempt().getInstrumentationScopeInfo());
        HistogramPointData point =
                metric.getHistogramData().getPoints().iterator().next();
        assertThat(point.getBoundaries())
                .containsExactly(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0);
        SpanData span = wire.attempt();
        assertThat(point.getSum()).isCloseTo((span.getEndEpochNanos() - span.getStartEpochNanos()) / 1e9, offset(0.05));
        assertThat(point.getAttributes())
                .isEqualTo(Attributes.builder()
                        .put("http.request.method", "GET")
                        .put("server.address", "localhost")
                        .put("server.port", wire.server.port())
                        .put("http.response.status_code", 200)
                        .put("network.protocol.version", "1.1")
                        .build());
    }

    @Test
    void metric_isRecordedForUnsampledCallsAndWithoutMixingErrors() throws Exception {
        wire.answers(ok("hello"));
        OkHttpClient client = wire.client();
        Requests.body(client, get("/"));
        wire.answers(aResponse().withStatus(503));
        Requests.body(client, get("/"));
        wire.answers(ok("hello"));
        Requests.body(client, get("/"));

        MetricData metric = wire.points().metric("http.client.request.duration");
        assertThat(metric.getHistogramData().getPoints())
                .extracting(HistogramPointData::getCount, point -> text(point, "error.type"))
                .containsExactlyInAnyOrder(tuple(2L, null), tuple(1L, "503"));
    }

    @Test
    void clientError_isAnError() throws Exception {
        wire.answers(aResponse().withStatus(404).withBody("no such model SECRET"));
        Requests.body(wire.client(), get("/"));

        assertEnded(wire.attempt(), StatusCode.ERROR, "404", "failed");
        assertThat(wire.attempt().toString()).doesNotContain("SECRET");
    }

    @Test
    void unknownMethod_isOther() throws Exception {
        wire.answers(ok("hello"));
        Requests.body(
                wire.client(),
                new Request.Builder()
                        .url(wire.url("/"))
                        .method("BREW", RequestBody.create("", null))
                        .build());

        SpanData span = wire.attempt();
        assertThat(span.getName()).isEqualTo("HTTP");
        assertThat(text(span, "http.request.method")).isEqualTo("_OTHER");
        assertThat(text(span, "http.request.method_original")).isEqualTo("BREW");
    }

    @Test
    void refusedConnection_isAnAttempt() throws Exception {
        int port = LocalServer.closedPort();
        Request request = Requests.get("http://localhost:" + port + "/");
        assertThatThrownBy(() -> Requests.body(wire.client(), request)).isInstanceOf(java.net.ConnectException.class);

        SpanData span = wire.attempt();
        assertEnded(span, StatusCode.ERROR, "java.net.ConnectException", "failed");
        assertThat(span.getEvents()).hasSize(1);
        assertThat(text(span.getEvents().get(0), "exception.type")).isEqualTo("java.net.ConnectException");
        assertThat(number(span, "network.peer.port")).isEqualTo(port);
    }

    @Test
    void resetBeforeTheHeaders_isFailed() {
        wire.answers(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER));
        assertThatThrownBy(() -> Requests.body(wire.client(), get("/"))).isInstanceOf(IOException.class);

        assertEnded(wire.attempt(), StatusCode.ERROR, "java.net.SocketException", "failed");
    }

    @Test
    void readTimeout_isTimedOut() {
        wire.answers(ok("late").withFixedDelay(30_000));
        OkHttpClient client = wire.client(new OkHttpClient.Builder().readTimeout(Duration.ofMillis(200)));
        assertThatThrownBy(() -> Requests.body(client, get("/"))).isInstanceOf(java.net.SocketTimeoutException.class);

        assertEnded(wire.attempt(), StatusCode.ERROR, "java.net.SocketTimeoutException", "timed_out");
    }

    @Test
    void callTimeout_isTimedOutAndNoCancel() {
        wire.answers(ok("late").withFixedDelay(30_000));
        OkHttpClient client = wire.client(new OkHttpClient.Builder().callTimeout(Duration.ofMillis(200)));
        assertThatThrownBy(() -> Requests.body(client, get("/"))).isInstanceOf(java.io.InterruptedIOException.class);

        SpanData span = wire.attempt();
        assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(outcome(span)).isEqualTo("timed_out");
    }

    @Test
    void cancelBeforeTheHeaders_isNoError() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        wire.server.addMockServiceRequestListener((request, response) -> arrived.countDown());
        wire.answers(ok("late").withFixedDelay(1_000));
        OkHttpClient client = wire.client();
        okhttp3.Call call = client.newCall(get("/"));
        Thread canceller = new Thread(() -> {
            Latches.await(arrived);
            call.cancel();
        });
        canceller.start();
        assertThatThrownBy(call::execute).isInstanceOf(IOException.class);
        canceller.join();

        assertEnded(wire.attempt(), StatusCode.UNSET, null, "cancelled");
        assertThat(wire.attempt().getEvents()).isEmpty();
    }

    @Test
    void exceptionOfAnInterceptor_showsNoMessage() {
        OkHttpClient client = wire.client();
        OkHttpClient failing = client.newBuilder()
                .addInterceptor(chain -> {
                    throw new IOException("cannot send key SECRET", new IllegalStateException("SECRET"));
                })
                .build();
        assertThatThrownBy(() -> Requests.body(failing, get("/"))).hasMessageContaining("SECRET");

        assertEnded(wire.attempt(), StatusCode.ERROR, "java.io.IOException", "failed");
        assertThat(wire.attempt().toString()).doesNotContain("SECRET").contains("IllegalStateException");
    }

    @Test
    void whatOkHttpResends_isAnEventOfTheAttempt() throws Exception {
        wire.answers(aResponse().withStatus(401));
        wire.server.stubFor(any(anyUrl())
                .withHeader("Authorization", com.github.tomakehurst.wiremock.client.WireMock.equalTo("Basic x"))
                .willReturn(ok("hello")));
        OkHttpClient client =
                wire.client(new OkHttpClient.Builder().authenticator((route, response) -> response.request()
                        .newBuilder()
                        .header("Authorization", "Basic x")
                        .build()));
        Requests.body(client, get("/"));

        SpanData span = wire.attempt();
        assertThat(wire.requests()).hasSize(2);
        assertThat(span.getEvents()).hasSize(1);
        assertThat(span.getEvents().get(0).getName()).isEqualTo("llm_propagation.resent");
        assertThat(number(span.getEvents().get(0), "llm_propagation.resent.count"))
                .isEqualTo(1);
        assertEnded(span, StatusCode.UNSET, null, "completed");
    }

    @Test
    void attemptThatReachesNobody_hasNoPeer() {
        wire.answers(aResponse().withStatus(302).withHeader("Location", "http://nobody.invalid/"));
        assertThatThrownBy(() -> Requests.body(wire.client(), get("/")))
                .isInstanceOf(java.net.UnknownHostException.class);

        SpanData second = wire.attempts(2).get(1);
        assertEnded(second, StatusCode.ERROR, "java.net.UnknownHostException", "failed");
        assertThat(number(second, "network.peer.port")).isNull();
    }

    @Test
    void answerOfOkHttpsCache_saysSoAndHasNoDuration(@TempDir Path directory) throws Exception {
        wire.answers(ok("hello").withHeader("Cache-Control", "max-age=60"));
        try (Cache cache = new Cache(directory.toFile(), 1_000_000)) {
            OkHttpClient client = wire.client(new OkHttpClient.Builder().cache(cache));
            Requests.body(client, get("/"));
            Requests.body(client, get("/"));
        }

        assertThat(wire.requests()).hasSize(1);
        assertThat(wire.attempts(2))
                .extracting(span -> flag(span, "llm_propagation.from_cache"))
                .containsExactly(null, true);
        assertThat(wire.points().times("http.client.request.duration")).isEqualTo(1);
    }

    @Test
    void failingSpanProcessor_changesNothingOfTheCall() throws Exception {
        wire.answers(ok("hello"));
        for (SpanProcessor failing :
                List.of(new SpanStarts((parent, span) -> fails()), new AtSpanEnd(span -> fails()))) {
            try (OpenTelemetrySdk sdk = RecordedTelemetry.create(spans -> spans.addSpanProcessor(failing))
                    .openTelemetry()) {
                OkHttpClient client = wire.client(
                        LlmPropagation.builder(sdk)
                                .diagnostics(wire.diagnostics::add)
                                .build(),
                        new OkHttpClient.Builder());
                assertThat(Requests.body(client, get("/"))).isEqualTo("hello");
            }
        }
        assertThat(wire.requests()).hasSize(2);
        assertThat(wire.diagnostics).hasSize(2);
    }

    private static void fails() {
        throw new AssertionError("a processor of the program's");
    }

    private static void assertEnded(SpanData span, StatusCode status, String errorType, String outcome) {
        assertThat(span.getStatus().getStatusCode()).isEqualTo(status);
        assertThat(span.getStatus().getDescription()).isEmpty();
        assertThat(text(span, "error.type")).isEqualTo(errorType);
        assertThat(outcome(span)).isEqualTo(outcome);
    }

    private Request get(String path) {
        return Requests.get(wire.url(path));
    }

    /** The conventions that names and types are of. */
    @Test
    void spansAndMetrics_nameTheirSchema() throws Exception {
        wire.answers(ok("hello"));
        Requests.body(wire.client(), Requests.get(wire.url("/")));
        String schema = "https://opentelemetry.io/schemas/1.45.0";

        assertThat(wire.attempt().getInstrumentationScopeInfo().getSchemaUrl()).isEqualTo(schema);
        MetricData metric = wire.points().metric("http.client.request.duration");
        assertThat(metric.getInstrumentationScopeInfo().getSchemaUrl()).isEqualTo(schema);
        assertThat(metric.getUnit()).isEqualTo("s");
    }
}
