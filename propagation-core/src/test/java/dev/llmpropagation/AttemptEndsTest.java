package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.temporaryRedirect;
import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.time.TestClock;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import java.io.IOException;
import java.time.Duration;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When the span of an attempt ends, and what it says then. */
class AttemptEndsTest {

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    @ParameterizedTest
    @CsvSource({"399, , completed", "400, 400, failed", "599, 599, failed"})
    void status_isAnErrorFrom400On(int status, String errorType, String outcome) throws IOException {
        wire.answers(aResponse().withStatus(status));
        send(wire.client(), get("/")).close();

        SpanData span = wire.attempt();
        assertThat(text(span, "error.type")).isEqualTo(errorType);
        assertThat(outcome(span)).isEqualTo(outcome);
        assertThat(span.getStatus()).isEqualTo(errorType == null ? StatusData.unset() : StatusData.error());
    }

    @Test
    void answerWithoutABody_endsTheSpanBeforeAnybodyClosesIt() throws IOException {
        wire.answers(ok("hello"));
        wire.answers("/204", aResponse().withStatus(204));
        wire.answers("/304", aResponse().withStatus(304));
        wire.answers("/empty", ok().withHeader("Content-Length", "0"));
        OkHttpClient client = wire.client();
        int ended = 0;
        for (Request request : new Request[] {
            get("/204"),
            get("/304"),
            get("/empty"),
            get("/").newBuilder().head().build()
        }) {
            try (Response response = send(client, request)) {
                assertThat(wire.spans()).as("%s %s", request, response).hasSize(++ended);
            }
        }
        assertThat(wire.attempts(ended))
                .allSatisfy(span -> assertThat(outcome(span)).isEqualTo("completed"));
    }

    @Test
    void exceptionThatCannotBeShown_takesNothingElseFromTheSpan() {
        OkHttpClient client = wire.client(new OkHttpClient.Builder().addNetworkInterceptor(chain -> {
            throw new OddException();
        }));
        assertThatThrownBy(() -> send(client, get("/"))).isInstanceOf(OddException.class);

        SpanData span = wire.attempt();
        assertThat(text(span, "error.type")).isEqualTo(OddException.class.getName());
        assertThat(outcome(span)).isEqualTo("failed");
        assertThat(number(span, "network.peer.port")).isEqualTo((long) wire.server.port());
    }

    private static final class OddException extends IOException {
        private static final long serialVersionUID = 1;

        @Override
        public synchronized Throwable getCause() {
            throw new IllegalStateException("mine");
        }
    }

    @Test
    void hopOfARedirect_isNoRequestThatOkHttpSentAgain() throws IOException {
        wire.answers("/from", temporaryRedirect("/to"));
        wire.answers("/to", ok("hello"));
        send(wire.client(), get("/from")).close();

        assertThat(wire.requests()).hasSize(2);
        assertThat(wire.attempts(2))
                .allSatisfy(span -> assertThat(span.getEvents()).isEmpty());
    }

    @Test
    void bodyThatIsFollowed_keepsItsTypeAndLength() throws IOException {
        wire.answers(okJson("{}").withHeader("Content-Length", "2"));
        Request plain =
                get("/").newBuilder().header("Accept-Encoding", "identity").build();
        try (Response response = send(wire.client(), plain)) {
            assertThat(response.body().contentType()).hasToString("application/json");
            assertThat(response.body().contentLength()).isEqualTo(2);
            assertThat(response.body().string()).isEqualTo("{}");
        }
    }

    /** Else spans of one trace would be of two clocks. */
    @Test
    void end_isByTheClockOfTheSdk() throws IOException {
        wire.answers(ok("hello"));
        TestClock clock = TestClock.create();
        long start = clock.now();
        RecordedTelemetry telemetry = RecordedTelemetry.create(spans -> spans.setClock(clock));
        try (OpenTelemetrySdk sdk = telemetry.openTelemetry()) {
            OkHttpClient client = wire.client(
                    LlmPropagation.builder(sdk)
                            .diagnostics(wire.diagnostics::add)
                            .build(),
                    new OkHttpClient.Builder());
            try (Response response = send(client, get("/"))) {
                clock.advance(Duration.ofMillis(7));
                response.body().string();
            }
            assertThat(telemetry.spans()).singleElement().satisfies(span -> {
                assertThat(span.getStartEpochNanos()).isEqualTo(start);
                assertThat(span.getEndEpochNanos() - start)
                        .isEqualTo(Duration.ofMillis(7).toNanos());
            });
        }
    }

    private Request get(String path) {
        return Requests.get(wire.url(path));
    }

    private static Response send(OkHttpClient client, Request request) throws IOException {
        return client.newCall(request).execute();
    }
}
