package dev.llmpropagation.agent;

import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.Parents.assertParent;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A tool whose prompt the program names. */
class ToolPromptTest {

    @RegisterExtension
    final AgentExtension telemetry = new AgentExtension();

    private final AgentTracing agent = telemetry.agent;

    @Test
    void pitfall_14_toolOfAnotherPrompt_isInItsOwn_orARootThatHandsItDown() {
        Interaction other = agent.interaction("p-2").start();
        agent.interaction("p-1").run(turn -> {
            agent.tool("of the open one").promptId("p-2").run(tool -> {});
            agent.tool("of no open one").promptId("p-3").run(tool -> agent.llmRequest("chat", "openai")
                    .run(request -> {}));
        });
        other.completed();

        Map<String, SpanData> tools = telemetry.spans("qwen-code.tool").stream()
                .collect(Collectors.toMap(span -> text(span, "gen_ai.tool.name"), span -> span));
        assertParent(tools.get("of the open one"), other.spanContext());
        assertThat(tools.get("of no open one").getParentSpanContext().isValid()).isFalse();
        assertThat(text(telemetry.span("qwen-code.llm_request"), "qwen-code.prompt_id"))
                .isEqualTo("p-3");
    }
}
