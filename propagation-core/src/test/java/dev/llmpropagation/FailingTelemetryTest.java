package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.fixtures.Requests;
import io.opentelemetry.api.common.AttributeKey;
import java.io.IOException;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Whatever fails in the program's telemetry, the call has its answer and {@link WireExtension} finds each span ended. */
class FailingTelemetryTest {

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    @Test
    void attributeThatFailsAtTheResponse_costsNeitherTheAnswerNorTheEnd() throws IOException {
        failing("Span.setAttribute", AttributeKey.longKey("http.response.status_code"));

        assertThat(wire.attempt().hasEnded()).isTrue();
    }

    @Test
    void attributeThatFailsAtTheEnd_costsNeitherTheAnswerNorTheEnd() throws IOException {
        failing("Span.setAttribute", AttributeKey.stringKey("llm_propagation.outcome"));

        assertThat(number(wire.attempt(), "http.response.status_code")).isEqualTo(200);
    }

    @Test
    void spanThatFailsAtItsEnd_costsNothingElse() throws IOException {
        failing("Span.end", null);

        assertThat(wire.telemetry.metrics())
                .anyMatch(metric -> metric.getName().equals("http.client.request.duration"));
    }

    @Test
    void metricThatFails_costsNothingElse() throws IOException {
        failing("DoubleHistogram.record", null);

        assertThat(outcome(wire.attempt())).isEqualTo("completed");
    }

    /** @param argument null for any */
    private void failing(String method, AttributeKey<?> argument) throws IOException {
        wire.answers(ok("hello"));
        OkHttpClient client = wire.client(
                LlmPropagation.builder(ToldTelemetry.of(wire.openTelemetry, (called, with) -> {
                            if (called.equals(method) && (argument == null || argument.equals(with))) {
                                throw new IllegalStateException("SECRET");
                            }
                        }))
                        .diagnostics(wire.diagnostics::add)
                        .build(),
                new OkHttpClient.Builder());
        try (Response response = client.newCall(Requests.get(wire.url("/"))).execute()) {
            assertThat(response.code()).isEqualTo(200);
            assertThat(response.body().string()).isEqualTo("hello");
        }
        assertThat(wire.request().getHeader("traceparent"))
                .contains(wire.attempt().getSpanId());
        wire.told().contains("IllegalStateException").doesNotContain("SECRET");
    }
}
