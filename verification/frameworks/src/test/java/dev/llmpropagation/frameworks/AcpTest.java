package dev.llmpropagation.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import com.agentclientprotocol.sdk.client.AcpClient;
import com.agentclientprotocol.sdk.client.AcpSyncClient;
import com.agentclientprotocol.sdk.client.transport.AgentParameters;
import com.agentclientprotocol.sdk.client.transport.StdioAcpClientTransport;
import com.agentclientprotocol.sdk.spec.AcpSchema.NewSessionRequest;
import com.agentclientprotocol.sdk.spec.AcpSchema.PromptResponse;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A prompt to an agent in another process: its interaction stands in the span that the prompt was sent in. */
class AcpTest {

    @Test
    void prompt_isOneTraceOverBothProcesses() {
        AgentParameters child = AgentParameters.builder(System.getProperty("java.home") + "/bin/java")
                .args("-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), AcpChild.class.getName())
                .build();
        try (Program program = new Program();
                AcpSyncClient client = AcpClient.sync(new StdioAcpClientTransport(child))
                        .requestTimeout(Duration.ofSeconds(60))
                        .build()) {
            client.initialize();
            String session =
                    client.newSession(new NewSessionRequest("/", List.of())).sessionId();
            for (int i = 0; i < 2; i++) {
                Span step = program.openTelemetry
                        .getTracer("daemon")
                        .spanBuilder("prompt.dispatch")
                        .startSpan();
                PromptResponse response;
                try (Scope ignored = step.makeCurrent()) {
                    response = AcpSamples.prompt(client, session, "Hi");
                }

                assertThat(response.meta())
                        .isEqualTo(Map.of(
                                "place",
                                step.getSpanContext().getTraceId()
                                        + ' '
                                        + step.getSpanContext().getSpanId(),
                                "session",
                                session));
            }
        }
    }
}
