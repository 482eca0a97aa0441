package dev.llmpropagation.scenarios.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.doctor.daemon.Models;
import dev.llmpropagation.doctor.trace.OtlpReceiver;
import dev.llmpropagation.examples.daemon.DaemonClient;
import dev.llmpropagation.fixtures.JavaProgram;
import dev.llmpropagation.testkit.trace.TraceSpan;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A daemon that is killed with {@code kill -9}: what it had sent is there, and what its child knows is told by the child. */
class DaemonKilledTest {

    @Test
    void whatIsKnown_isTold() throws Exception {
        try (OtlpReceiver collector = OtlpReceiver.start();
                Models models = Models.start()) {
            Process daemon = start(collector, models);
            List<ProcessHandle> children;
            try {
                DaemonClient client = new DaemonClient(url(daemon));
                String session = client.open("openai");
                assertThat(client.prompt(session, "hello").status()).isEqualTo(200);
                await().atMost(RunningDaemon.PATIENCE).until(() -> named(collector, "qwen-code.daemon.request") == 2);
                client.promptAsync(session, "slow and lost", "", Map.of());
                await().atMost(RunningDaemon.PATIENCE).until(() -> models.received().stream()
                        .anyMatch(request -> request.body().contains("slow and lost")));
                children = daemon.children().toList();
                assertThat(children).hasSize(1);
            } finally {
                daemon.destroyForcibly().waitFor();
            }

            await().atMost(RunningDaemon.PATIENCE).until(() -> !children.get(0).isAlive());
            List<TraceSpan> spans = collector.spans();
            Set<String> sent = spans.stream().map(TraceSpan::spanId).collect(Collectors.toSet());
            // By outcome: whether the dispatch that it ran in was sent. The one that was under way died with the
            // daemon.
            assertThat(spans.stream()
                            .filter(span -> span.name().equals("qwen-code.interaction"))
                            .collect(Collectors.toMap(
                                    span -> String.valueOf(span.attributes().get("llm_propagation.outcome")),
                                    span -> sent.contains(span.parentSpanId()))))
                    .isEqualTo(Map.of("completed", true, "cancelled", false));
            assertThat(named(collector, "qwen-code.daemon.request")).isEqualTo(2);
        }
    }

    private static long named(OtlpReceiver collector, String name) {
        return collector.spans().stream()
                .filter(span -> span.name().equals(name))
                .count();
    }

    private static Process start(OtlpReceiver collector, Models models) throws Exception {
        return JavaProgram.of(LoneDaemon.class, collector.endpoint(), models.openAiUrl(), models.geminiUrl())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static String url(Process daemon) throws Exception {
        String line = new BufferedReader(new InputStreamReader(daemon.getInputStream(), UTF_8)).readLine();
        assertThat(line).as("what the daemon printed").isNotNull();
        return line;
    }
}
