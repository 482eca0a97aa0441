package dev.llmpropagation.scenarios.beside;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.stubbing.ServeEvent;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import dev.llmpropagation.doctor.trace.OtlpReceiver;
import dev.llmpropagation.fixtures.Slow;
import dev.llmpropagation.testkit.trace.TraceSpan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program with the real OpenTelemetry Java agent, whose own instrumentations see the same calls. */
class JavaAgentTest {

    private final WireMockServer server = new WireMockServer(
            WireMockConfiguration.options().bindAddress("127.0.0.1").dynamicPort());
    private OtlpReceiver agentCollector;
    private OtlpReceiver ownCollector;

    @TempDir
    private Path folder;

    @BeforeEach
    void start() throws IOException {
        server.start();
        Services.stub(server);
        agentCollector = OtlpReceiver.start();
        ownCollector = OtlpReceiver.start();
    }

    @AfterEach
    void stop() {
        ownCollector.close();
        agentCollector.close();
        server.stop();
    }

    @Test
    void agentsOpenTelemetry_hasOneSpanPerAttemptAndPerCall() throws Exception {
        run(Map.of(), server.baseUrl());

        assertOneStory(agentCollector.spans());
    }

    @Slow
    @Test
    void ownOpenTelemetry_isAloneIfTheAgentLeavesApiAndOkHttp() throws Exception {
        run(
                Map.of(
                        "OTEL_INSTRUMENTATION_OPENTELEMETRY_API_ENABLED", "false",
                        "OTEL_INSTRUMENTATION_OKHTTP_ENABLED", "false"),
                server.baseUrl(),
                ownCollector.endpoint());

        assertOneStory(ownCollector.spans());
        assertThat(attempts(agentCollector.spans())).isEmpty();
    }

    /** The agent lets no span of another SDK into the Context, and writes its own traceparent last. */
    @Slow
    @Test
    void ownOpenTelemetry_losesTheWireToTheAgent() throws Exception {
        run(Map.of(), server.baseUrl(), ownCollector.endpoint());

        int attempts = ModelCalls.COUNT + Services.RETRIES;
        assertThat(attempts(ownCollector.spans())).hasSize(attempts);
        assertThat(attempts(agentCollector.spans())).hasSize(attempts);
        assertThat(requests()).allSatisfy(request -> assertWire(request, byId(agentCollector.spans())));
    }

    /** Program ▸ model call ▸ attempt, each once; and what goes over the wire names the attempt. */
    private void assertOneStory(List<TraceSpan> spans) {
        Map<String, TraceSpan> byId = byId(spans);
        assertThat(requests()).hasSize(ModelCalls.COUNT + Services.RETRIES - ModelCalls.REFUSED);
        assertThat(requests()).allSatisfy(request -> assertWire(request, byId));
        assertThat(requests().stream().map(JavaAgentTest::spanId)).doesNotHaveDuplicates();

        List<TraceSpan> calls = spans.stream()
                .filter(span -> span.text(ModelCalls.OPERATION).isPresent())
                .toList();
        assertThat(attempts(spans)).hasSize(ModelCalls.COUNT + Services.RETRIES).allSatisfy(attempt -> assertThat(calls)
                .contains(byId.get(attempt.parentSpanId())));
        assertThat(calls)
                .hasSize(ModelCalls.COUNT)
                .extracting(call -> call.name().equals(ModelCalls.TOLD) ? call : byId.get(call.parentSpanId()))
                .doesNotHaveDuplicates()
                .allSatisfy(
                        program -> assertThat(program.text(ModelCalls.PROGRAM)).isPresent());
    }

    private static void assertWire(LoggedRequest request, Map<String, TraceSpan> spans) {
        assertThat(request.getHeader("X-Qwen-Code-Session-Id")).isEqualTo(ModelCalls.SESSION);
        assertThat(spans.get(spanId(request)))
                .as(request.getAbsoluteUrl())
                .isNotNull()
                .satisfies(span -> {
                    assertThat(span.isClient()).isTrue();
                    assertThat(span.text("url.full"))
                            .hasValueSatisfying(url -> assertThat(url).endsWith(request.getUrl()));
                    assertThat(request.getHeader("traceparent")).contains(span.traceId());
                });
    }

    private static String spanId(LoggedRequest request) {
        return request.getHeader("traceparent").split("-")[2];
    }

    private List<LoggedRequest> requests() {
        return server.getAllServeEvents().stream().map(ServeEvent::getRequest).toList();
    }

    private static Map<String, TraceSpan> byId(List<TraceSpan> spans) {
        return spans.stream().collect(Collectors.toMap(TraceSpan::spanId, Function.identity()));
    }

    /** The spans of requests to the services, and not to a collector. */
    private static List<TraceSpan> attempts(List<TraceSpan> spans) {
        return spans.stream()
                .filter(span -> span.text("http.request.method").isPresent())
                .filter(span -> !span.text("url.full").orElse("").endsWith("/v1/traces"))
                .toList();
    }

    private void run(Map<String, String> settings, String... arguments) throws IOException, InterruptedException {
        AgentProcess.run(ModelCalls.class, folder, agentCollector, settings, List.of(arguments));
    }
}
