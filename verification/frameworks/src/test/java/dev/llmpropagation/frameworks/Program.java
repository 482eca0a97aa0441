package dev.llmpropagation.frameworks;

import static com.github.tomakehurst.wiremock.client.WireMock.anyRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A program with OpenTelemetry, and the model service that it calls. */
final class Program implements AutoCloseable {

    static final String SESSION = "session-1";

    final WireMockServer server = new WireMockServer(
            WireMockConfiguration.options().bindAddress("127.0.0.1").dynamicPort());
    final RecordedTelemetry telemetry = RecordedTelemetry.create();
    final OpenTelemetrySdk openTelemetry = telemetry.openTelemetry();
    final LlmPropagation propagation = LlmPropagation.builder(openTelemetry).build();

    Program() {
        server.start();
    }

    /** Each request names its own attempt, under a span of a model call of this operation, and the session. */
    Map<String, SpanData> assertRequests(int count, String operation) {
        List<LoggedRequest> requests = server.findAll(anyRequestedFor(anyUrl()));
        assertThat(requests).hasSize(count);
        await().untilAsserted(() -> assertThat(calls(operation)).hasSize(count));
        Map<String, SpanData> spans =
                telemetry.spans().stream().collect(Collectors.toMap(SpanData::getSpanId, Function.identity()));
        assertThat(requests).allSatisfy(request -> {
            assertThat(request.getHeader("X-Qwen-Code-Session-Id")).isEqualTo(SESSION);
            SpanData attempt = spans.get(request.getHeader("traceparent").split("-")[2]);
            assertThat(attempt.getKind()).isEqualTo(SpanKind.CLIENT);
            assertThat(text(attempt, "http.request.method")).isEqualTo("POST");
            assertThat(text(spans.get(attempt.getParentSpanId()), "gen_ai.operation.name"))
                    .isEqualTo(operation);
        });
        assertThat(requests)
                .extracting(request -> request.getHeader("traceparent"))
                .doesNotHaveDuplicates();
        return spans;
    }

    private List<SpanData> calls(String operation) {
        return telemetry.spans().stream()
                .filter(span -> operation.equals(text(span, "gen_ai.operation.name")))
                .toList();
    }

    @Override
    public void close() {
        propagation.close();
        openTelemetry.close();
        server.stop();
    }
}
