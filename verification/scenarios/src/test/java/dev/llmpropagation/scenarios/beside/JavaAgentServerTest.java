package dev.llmpropagation.scenarios.beside;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.doctor.trace.OtlpReceiver;
import dev.llmpropagation.doctor.trace.TraceLog;
import dev.llmpropagation.fixtures.Slow;
import dev.llmpropagation.testkit.trace.TraceSpan;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A daemon whose servers the OpenTelemetry Java agent instruments as well: the JDK's, and Jetty's with servlets. */
class JavaAgentServerTest {

    private static final List<String> SESSIONS = List.of(
            ServedRequests.JDK,
            ServedRequests.JDK + ServedRequests.FAILING,
            ServedRequests.JETTY,
            ServedRequests.JETTY + ServedRequests.FAILING);

    @TempDir
    private Path folder;

    @Test
    void pitfall_106_serverSpansOfTheAgent_areEnrichedAndNotDoubled() throws Exception {
        try (OtlpReceiver collector = OtlpReceiver.start()) {
            run(collector, Map.of());

            List<TraceSpan> servers = servers(collector);
            assertThat(servers).extracting(span -> session(span)).containsExactlyInAnyOrderElementsOf(SESSIONS);
            assertThat(collector.spans()).noneMatch(span -> span.name().equals("qwen-code.daemon.request"));
            for (TraceSpan server : servers) {
                assertThat(server.traceId()).isEqualTo("0123456789abcdef0123456789abcdef");
                assertThat(server.text("url.path"))
                        .as("the agent's own")
                        .contains("/session/" + session(server) + "/prompt");
                assertThat(server.name()).isEqualTo("POST /session/:id/prompt");
                assertThat(server.text("http.route")).contains("/session/:id/prompt");
                assertThat(server.text("qwen-code.prompt_id")).contains("p-" + session(server));
                assertThat(server.text("qwen-code.daemon.operation")).contains("http_request");
                boolean failing = session(server).endsWith(ServedRequests.FAILING);
                assertThat(server.error()).isEqualTo(failing);
                assertThat(server.text("llm_propagation.outcome")).contains(failing ? "failed" : "completed");
                assertThat(collector.spans())
                        .filteredOn(span -> span.name().equals("qwen-code.daemon.bridge"))
                        .filteredOn(span -> session(span).equals(session(server)))
                        .singleElement()
                        .satisfies(span -> assertThat(span.parentSpanId()).isEqualTo(server.spanId()));
            }
            assertThat(collector.logs())
                    .filteredOn(log -> log.name().equals("qwen-code.daemon.error"))
                    .extracting(TraceLog::spanId)
                    .containsExactlyInAnyOrderElementsOf(servers.stream()
                            .filter(TraceSpan::error)
                            .map(TraceSpan::spanId)
                            .toList());
        }
    }

    /** With the agent's instrumentations of servers off, its SDK gets ours. */
    @Slow
    @Test
    void withoutThose_theSpansAreOurs() throws Exception {
        try (OtlpReceiver collector = OtlpReceiver.start()) {
            run(
                    collector,
                    Map.of(
                            "OTEL_INSTRUMENTATION_JAVA_HTTP_SERVER_ENABLED", "false",
                            "OTEL_INSTRUMENTATION_JETTY_ENABLED", "false",
                            "OTEL_INSTRUMENTATION_SERVLET_ENABLED", "false"));

            assertThat(servers(collector))
                    .allMatch(span -> span.name().equals("qwen-code.daemon.request"))
                    .extracting(span -> session(span))
                    .containsExactlyInAnyOrderElementsOf(SESSIONS);
        }
    }

    private void run(OtlpReceiver collector, Map<String, String> settings) throws Exception {
        Map<String, String> all = new HashMap<>(settings);
        all.put("OTEL_LOGS_EXPORTER", "otlp");
        all.put("OTEL_INSTRUMENTATION_JAVA_HTTP_CLIENT_ENABLED", "false");
        String said = AgentProcess.run(ServedRequests.class, folder, collector, all, List.of());
        assertThat(said.lines())
                .contains(
                        ServedRequests.JDK + " 200",
                        ServedRequests.JDK + ServedRequests.FAILING + " 500",
                        ServedRequests.JETTY + " 200",
                        ServedRequests.JETTY + ServedRequests.FAILING + " 500");
    }

    private static List<TraceSpan> servers(OtlpReceiver collector) {
        return collector.spans().stream()
                .filter(span -> span.kind().equals("SERVER"))
                .toList();
    }

    private static String session(TraceSpan span) {
        return span.text("session.id").orElse("");
    }
}
