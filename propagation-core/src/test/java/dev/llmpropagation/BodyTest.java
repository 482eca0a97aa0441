package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.http.Fault;
import dev.llmpropagation.fixtures.Attributed;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.fixtures.ServiceWire;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import okhttp3.Call;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Response;
import okio.BufferedSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The span lives as long as the body, and says how that ended. */
class BodyTest {

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    @RegisterExtension
    final PhasedService phased = new PhasedService();

    @Test
    void pitfall_40_streamReadToItsEnd_endsTheSpanThere() throws Exception {
        try (Response response =
                wire.client().newCall(Requests.get(phased.url("/stream"))).execute()) {
            BufferedSource source = response.body().source();
            assertThat(source.readUtf8(3)).isEqualTo("one");
            assertThat(wire.spans()).isEmpty();
            phased.goOn();
            assertThat(source.readUtf8()).isEqualTo("two");
            assertOutcome("completed", StatusCode.UNSET, null);
        }
        wire.attempt();
    }

    /** What ends a stream of which one part has been read, what its reader gets, and what the span says. */
    private enum End {
        CLOSE("/stream", null, "interrupted"),
        CANCEL("/stream", IOException.class, "cancelled"),
        CANCEL_AND_CLOSE("/stream", null, "cancelled"),
        CUT("/cut", java.net.ProtocolException.class, "failed"),
        STALL("/stream", java.net.SocketTimeoutException.class, "timed_out"),
        CALL_TIMEOUT("/stream", java.io.InterruptedIOException.class, "timed_out");

        private final String path;
        private final @Nullable Class<? extends IOException> thrown;
        private final String outcome;

        End(String path, @Nullable Class<? extends IOException> thrown, String outcome) {
            this.path = path;
            this.thrown = thrown;
            this.outcome = outcome;
        }
    }

    @ParameterizedTest
    @EnumSource
    void streamThatEndsEarly_saysWhy(End end) throws Exception {
        OkHttpClient.Builder builder = new OkHttpClient.Builder();
        if (end == End.STALL) {
            builder.readTimeout(Duration.ofMillis(200));
        } else if (end == End.CALL_TIMEOUT) {
            builder.callTimeout(Duration.ofMillis(300));
        }
        Call call = client(builder).newCall(Requests.get(phased.url(end.path)));
        try (Response response = call.execute()) {
            BufferedSource source = response.body().source();
            assertThat(source.readUtf8(3)).isEqualTo("one");
            switch (end) {
                case CANCEL -> new Thread(call::cancel).start();
                case CANCEL_AND_CLOSE -> call.cancel();
                case CUT -> phased.goOn();
                default -> {}
            }
            if (end.thrown != null) {
                assertThatThrownBy(source::readUtf8).isInstanceOf(end.thrown);
            }
        }

        boolean failed = List.of("failed", "timed_out").contains(end.outcome);
        assertOutcome(
                end.outcome,
                failed ? StatusCode.ERROR : StatusCode.UNSET,
                failed ? requireNonNull(end.thrown).getName() : null);
        assertThat(number(wire.attempt(), "http.response.status_code")).isEqualTo(200);
    }

    @Test
    void corruptBody_isFailed() throws Exception {
        wire.answers(aResponse().withFault(Fault.MALFORMED_RESPONSE_CHUNK));
        try (Response response =
                wire.client().newCall(Requests.get(wire.url("/"))).execute()) {
            assertThatThrownBy(() -> response.body().string()).isInstanceOf(IOException.class);
        }

        assertThat(wire.attempt().getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
    }

    @Test
    void documentReadByAParser_isCompletedAlthoughItsEndWasNotSeen() throws Exception {
        wire.answers(ok("{\"a\":1}\n").withHeader("Transfer-Encoding", "chunked"));
        OkHttpClient client = wire.client();
        try (Response response = client.newCall(Requests.get(wire.url("/"))).execute()) {
            assertThat(response.body().contentLength()).isEqualTo(-1);
            response.body().source().readUtf8(7);
        }

        assertOutcome("completed", StatusCode.UNSET, null);
        assertThat(client.connectionPool().idleConnectionCount()).isEqualTo(1);
    }

    @Test
    void streamReadToItsEndMark_isCompleted() throws Exception {
        wire.answers(ServiceWire.events("data: {}\n\ndata: [DONE]\n\n").withHeader("Transfer-Encoding", "chunked"));
        try (Response response =
                wire.client().newCall(Requests.get(wire.url("/"))).execute()) {
            BufferedSource source = response.body().source();
            while (!source.readUtf8LineStrict().contains("[DONE]")) {}
        }

        assertOutcome("completed", StatusCode.UNSET, null);
    }

    @Test
    void bodyThatNobodyReads_isInterrupted() throws Exception {
        wire.answers(ok("hello"));
        wire.client().newCall(Requests.get(wire.url("/"))).execute().close();

        assertOutcome("interrupted", StatusCode.UNSET, null);
    }

    @Test
    void bodyWithoutBytes_isCompletedAtOnce() throws Exception {
        wire.answers(aResponse().withStatus(204));
        wire.client().newCall(Requests.get(wire.url("/"))).execute().close();
        wire.answers(ok());
        wire.client().newCall(Requests.get(wire.url("/"))).execute().close();
        wire.client()
                .newCall(Requests.get(wire.url("/")).newBuilder().head().build())
                .execute()
                .close();

        assertThat(wire.attempts(3)).extracting(Attributed::outcome).containsOnly("completed");
    }

    @Test
    void http2Stream_endsWithItsBody() throws Exception {
        wire.answers(ok("hello ".repeat(10_000)).withChunkedDribbleDelay(5, 200));
        OkHttpClient client = wire.secureClient();
        try (Response response =
                client.newCall(Requests.get(wire.secureUrl("/"))).execute()) {
            assertThat(response.protocol()).isEqualTo(Protocol.HTTP_2);
            assertThat(response.body().string()).hasSize(60_000);
        }
        try (Response response =
                client.newCall(Requests.get(wire.secureUrl("/"))).execute()) {
            response.body().source().readUtf8(5);
        }

        assertThat(wire.attempts(2)).extracting(Attributed::outcome).containsExactly("completed", "interrupted");
        await().until(() -> client.connectionPool().idleConnectionCount() == 1);
    }

    @Test
    void closedTwiceAndReadAfterwards_endsOnce() throws Exception {
        wire.answers(ok("hello"));
        Response response = wire.client().newCall(Requests.get(wire.url("/"))).execute();
        response.body().string();
        response.close();
        response.close();
        assertThatThrownBy(() -> response.body().source().readByte()).isInstanceOf(IllegalStateException.class);

        wire.attempt();
    }

    private OkHttpClient client(OkHttpClient.Builder builder) {
        return wire.client(wire.propagation().build(), builder);
    }

    private void assertOutcome(String outcome, StatusCode status, String errorType) {
        SpanData span = wire.attempt();
        assertThat(outcome(span)).isEqualTo(outcome);
        assertThat(span.getStatus().getStatusCode()).isEqualTo(status);
        assertThat(text(span, "error.type")).isEqualTo(errorType);
    }
}
