package dev.llmpropagation.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.agentclientprotocol.sdk.agent.SyncPromptContext;
import dev.llmpropagation.agent.AgentTracing;
import dev.llmpropagation.fixtures.Attributed;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The question of a tool to its user. */
class AcpPermissionTest {

    @RegisterExtension
    final RecordedTelemetry telemetry = RecordedTelemetry.create();

    @Test
    void questionThatCannotBeAsked_leavesNoSpanOpen() {
        SyncPromptContext gone = (SyncPromptContext) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {SyncPromptContext.class}, (proxy, method, arguments) -> {
                    throw new IllegalStateException("the client is gone");
                });
        try (AgentTracing agent =
                AgentTracing.builder(telemetry.openTelemetry()).build()) {
            assertThatThrownBy(() -> agent.interaction("p-1").run(turn -> AcpSamples.permission(turn, gone)))
                    .hasMessage("the client is gone");

            assertThat(telemetry.openSpans()).isEmpty();
            SpanData wait = telemetry.span("qwen-code.tool.blocked_on_user");
            assertThat(Attributed.text(wait, "decision")).isEqualTo("error");
        }
    }
}
