package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Parents.assertParent;
import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.destination.Origin;
import dev.llmpropagation.fixtures.Attributed;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.internal.http.ClientInstrumenter;
import dev.llmpropagation.internal.http.ClientProfile;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A receiver holds no parent that was never exported: what is open when the program ends is ended and told. */
class CloseTest {

    private static final String BODY = "{\"id\":\"a\"}";

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    private final LlmPropagation propagation = wire.propagation().build();

    @Test
    void close_endsTheAttemptWhoseBodyIsOpen_andTheCallGoesOn() throws Exception {
        wire.answers(ok(BODY));
        OkHttpClient client = wire.client(propagation, new OkHttpClient.Builder());
        try (Response response = client.newCall(request("/v1/models")).execute()) {
            assertThat(wire.spans()).isEmpty();
            propagation.close();

            SpanData attempt = wire.attempt();
            assertThat(wire.request().getHeader("traceparent")).contains(attempt.getSpanId());
            assertThat(outcome(attempt)).isEqualTo("cancelled");
            assertThat(attempt.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
            assertThat(response.body().string()).isEqualTo(BODY);
        }
        propagation.close();
        assertThat(wire.spans()).hasSize(1);
    }

    @Test
    void close_endsModelCallAndAttempt_theAttemptFirst() throws Exception {
        wire.answers(ok(BODY));
        OkHttpClient client = ClientInstrumenter.OF_PROPAGATION
                .behind(propagation)
                .instrument(
                        new OkHttpClient.Builder(),
                        ClientProfile.of(Origin.parse("url", wire.url("/"))).withModelCalls(url -> "openai"))
                .build();
        Response response = client.newCall(request("/v1/chat/completions")
                        .newBuilder()
                        .post(RequestBody.create("{\"model\":\"m\"}", MediaType.get("application/json")))
                        .build())
                .execute();
        propagation.close();
        response.close();

        List<SpanData> spans = wire.spans();
        assertThat(spans).extracting(SpanData::getName).containsExactly("qwen-code.llm_request", "POST");
        assertThat(spans).extracting(Attributed::outcome).containsOnly("cancelled");
        SpanData call = spans.get(0);
        SpanData attempt = spans.get(1);
        assertParent(attempt, call);
        assertThat(attempt.getEndEpochNanos()).isLessThanOrEqualTo(call.getEndEpochNanos());
        assertThat(wire.request().getHeader("traceparent")).contains(attempt.getSpanId());
    }

    @Test
    void close_endsTheAttemptThatWaitsForItsAnswer() throws Exception {
        try (ServerSocket silent = new ServerSocket(0)) {
            OkHttpClient client = propagation
                    .instrument(new OkHttpClient.Builder(), "http://localhost:" + silent.getLocalPort())
                    .build();
            CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> {
                try (Response response = client.newCall(Requests.get("http://localhost:" + silent.getLocalPort() + "/"))
                        .execute()) {
                    return response.body().string();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            try (Socket connection = silent.accept()) {
                String sent = head(connection.getInputStream());
                propagation.close();
                SpanData attempt = wire.attempt();
                assertThat(sent).contains(attempt.getSpanId());
                assertThat(outcome(attempt)).isEqualTo("cancelled");

                connection
                        .getOutputStream()
                        .write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".getBytes(StandardCharsets.US_ASCII));
                assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo("ok");
            }
        }
        assertThat(wire.spans()).hasSize(1);
    }

    @Test
    void callsAfterClose_areAttemptsStill() throws Exception {
        wire.answers(ok(BODY));
        OkHttpClient client = wire.client(propagation, new OkHttpClient.Builder());
        propagation.close();
        Span program = wire.startSpan("program");
        try (Scope ignored = program.makeCurrent();
                Response response = client.newCall(request("/")).execute()) {
            assertThat(response.body().string()).isEqualTo(BODY);
        } finally {
            program.end();
        }
        assertThat(outcome(wire.attempt())).isEqualTo("completed");
    }

    private Request request(String path) {
        return Requests.get(wire.url(path));
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.read());
        }
        return head.toString();
    }
}
