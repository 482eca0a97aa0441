package dev.llmpropagation.agent;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.serviceUnavailable;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static dev.llmpropagation.fixtures.Attributed.flag;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.WireExtension;
import dev.llmpropagation.destination.Origin;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.fixtures.ServiceWire;
import dev.llmpropagation.internal.http.ClientInstrumenter;
import dev.llmpropagation.internal.http.ClientProfile;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import okhttp3.Interceptor;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Model calls that take longer than the time to live of spans. */
class ModelCallLifetimeTest {

    private static final MediaType JSON = MediaType.get("application/json");

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    private final AtomicLong clock = new AtomicLong(1);
    private final LlmPropagation propagation =
            wire.propagation().agent(options -> options.nanoTime(clock::get)).build();

    @Test
    void callWhoseAttemptRuns_isKeptWithAllAround() throws IOException {
        wire.answers(okJson("{}"));
        OkHttpClient client = client(again -> again.proceed(again.request()), this::withinHours);
        Interaction turn = propagation.agent().interaction("p").start();
        try (var ignored = turn.makeCurrent()) {
            ask(client);
        }
        turn.completed();

        assertThat(outcome(wire.telemetry.span("qwen-code.llm_request"))).isEqualTo("completed");
        assertThat(outcome(wire.telemetry.span("qwen-code.interaction"))).isEqualTo("completed");
        assertThat(wire.diagnostics).isEmpty();
    }

    /** In the wait before a retry none runs. The time to live begins with the end of the one before. */
    @Test
    void endOfAnAttempt_isActivity() throws IOException {
        wire.answersInTurn(serviceUnavailable(), okJson("{}"));
        OkHttpClient client = client(
                retry -> {
                    retry.proceed(retry.request()).close();
                    passes(Duration.ofMinutes(29));
                    return retry.proceed(retry.request());
                },
                this::withinHours);
        ask(client);

        assertThat(outcome(wire.telemetry.span("qwen-code.llm_request"))).isEqualTo("completed");
    }

    @Test
    void callThatNobodyEnds_isAbandonedInSpanAndMetric() throws IOException {
        wire.answers(okJson("{}"));
        OkHttpClient client = client(
                retry -> {
                    retry.proceed(retry.request()).close();
                    passes(Duration.ofMinutes(30));
                    return retry.proceed(retry.request());
                },
                last -> last.proceed(last.request()));
        ask(client);

        assertAbandoned();
    }

    /** Though the response that sends it on looks like the stream that was asked for. */
    @Test
    void streamThatIsSentOn_waitsForItsServiceLikeAnyCall() throws IOException {
        wire.server.stubFor(any(urlPathEqualTo("/v1/chat/completions"))
                .willReturn(aResponse()
                        .withStatus(307)
                        .withHeader("Location", "/elsewhere/v1/chat/completions")
                        .withHeader("Content-Type", "text/event-stream")));
        wire.server.stubFor(
                any(urlPathEqualTo("/elsewhere/v1/chat/completions")).willReturn(stream()));
        OkHttpClient client = client(again -> again.proceed(again.request()), this::withinHours);
        read(client);

        assertStreamed();
    }

    /** An interceptor of the program's that does not like what came. */
    @Test
    void streamThatIsAskedForAgain_waitsForItsServiceLikeAnyCall() throws IOException {
        wire.answers(stream());
        OkHttpClient client = client(
                retry -> {
                    retry.proceed(retry.request()).close();
                    return retry.proceed(retry.request());
                },
                this::withinHours);
        read(client);

        assertStreamed();
    }

    private void read(OkHttpClient client) throws IOException {
        Request streamed = request()
                .newBuilder()
                .post(RequestBody.create("{\"model\":\"m\",\"stream\":true}", JSON))
                .build();
        assertThat(Requests.body(client, streamed)).endsWith("[DONE]\n\n");
    }

    private void assertStreamed() {
        SpanData call = wire.telemetry.span("qwen-code.llm_request");
        assertThat(outcome(call)).isEqualTo("completed");
        assertThat(text(call, "gen_ai.response.id")).isEqualTo("c-1");
    }

    private static ResponseDefinitionBuilder stream() {
        return ServiceWire.events(
                "data: {\"id\":\"c-1\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"},"
                        + "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
    }

    /** A body that the program holds and neither reads nor closes. */
    @Test
    void attemptThatRunsForADay_keepsNothingAnyMore() throws IOException {
        wire.answers(okJson("{}"));
        OkHttpClient client = client(again -> again.proceed(again.request()), last -> last.proceed(last.request()));
        try (Response unread = client.newCall(request()).execute()) {
            for (int hour = 0; hour < 23; hour++) {
                passes(Duration.ofHours(1));
            }
            assertThat(wire.spans()).isEmpty();
            passes(Duration.ofHours(1));
            passes(Duration.ofMinutes(30));
            assertThat(wire.spans()).hasSize(1);
            assertThat(unread.code()).isEqualTo(200);
        }

        assertAbandoned();
    }

    private void assertAbandoned() {
        SpanData call = wire.telemetry.span("qwen-code.llm_request");
        assertThat(outcome(call)).isEqualTo("abandoned");
        assertThat(text(call, "error.type")).isEqualTo("abandoned");
        assertThat(flag(call, "qwen-code.span.ttl_expired")).isTrue();
        assertThat(wire.points().values("gen_ai.client.operation.duration", "error.type"))
                .containsExactly("abandoned");
    }

    private Response withinHours(Interceptor.Chain attempt) throws IOException {
        passes(Duration.ofMinutes(31));
        passes(Duration.ofHours(2));
        return attempt.proceed(attempt.request());
    }

    /** And the safety net looks. */
    private void passes(Duration time) {
        clock.addAndGet(time.toNanos());
        propagation.agent().sweep();
    }

    /** @param within what each attempt does before it is sent */
    private OkHttpClient client(Interceptor retry, Interceptor within) {
        return ClientInstrumenter.OF_PROPAGATION
                .behind(propagation)
                .instrument(
                        new OkHttpClient.Builder(),
                        ClientProfile.of(Origin.parse("baseUrl", wire.url("/")))
                                .withModelCalls(url -> null)
                                .withRetry(retry))
                .addInterceptor(within)
                .build();
    }

    private void ask(OkHttpClient client) throws IOException {
        assertThat(Requests.body(client, request())).isEqualTo("{}");
    }

    private Request request() {
        return Requests.post(wire.url("/v1/chat/completions"), "{\"model\":\"m\"}");
    }
}
