package dev.llmpropagation.agent;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What each span is called, and of which kind it is. */
class SpanNamesTest {

    @RegisterExtension
    final AgentExtension telemetry = new AgentExtension();

    @Test
    void genAiNames_areThoseOfTheConvention() {
        AgentTracing agent =
                telemetry.with(options -> options.spanNames(SpanNames.genAi()).agentName("coder"));
        agent.interaction("p").run(turn -> {
            turn.llmRequest("chat", "openai").model("gpt-5").run(request -> {});
            turn.tool("search").run(tool -> tool.execution().run(run -> {}));
            turn.subagent("helper").run(helper -> {});
        });
        assertThat(telemetry.spans())
                .extracting(SpanData::getName)
                .containsExactlyInAnyOrder(
                        "invoke_agent coder",
                        "chat gpt-5",
                        "execute_tool search",
                        "qwen-code.tool.execution",
                        "invoke_agent helper");
    }

    @Test
    void agentWithoutName_isGivenNone() {
        AgentTracing agent = telemetry.with(options -> options.spanNames(SpanNames.genAi()));
        agent.interaction("p").run(turn -> turn.tool("search").run(tool -> {}));
        assertThat(telemetry.spans())
                .extracting(SpanData::getName)
                .containsExactlyInAnyOrder("invoke_agent", "execute_tool search");
        assertThat(telemetry.spans())
                .allSatisfy(span -> assertThat(text(span, "gen_ai.agent.name")).isNull());
    }

    @Test
    void namedAgent_isOnItsInteractionsAndTools() {
        AgentTracing agent = telemetry.with(options -> options.agentName("qwen-code"));
        agent.interaction("p").run(turn -> turn.tool("search").run(tool -> {}));
        assertThat(telemetry.spans()).hasSize(2).allSatisfy(span -> assertThat(text(span, "gen_ai.agent.name"))
                .isEqualTo("qwen-code"));
    }

    @Test
    void kinds_areInternalButForModelCalls() {
        telemetry.agent.interaction("p").run(turn -> {
            turn.llmRequest("chat", "openai").run(request -> {});
            turn.tool("t").run(tool -> {});
        });
        assertThat(telemetry.span("qwen-code.llm_request").getKind()).isEqualTo(SpanKind.CLIENT);
        assertThat(telemetry.span("qwen-code.interaction").getKind()).isEqualTo(SpanKind.INTERNAL);
        assertThat(telemetry.span("qwen-code.tool").getKind()).isEqualTo(SpanKind.INTERNAL);
    }

    @Test
    void ownSpanOfTheProgram_staysBetweenToolAndModelCall() {
        telemetry.agent.tool("t").run(tool -> {
            Span step = telemetry.sdk.getTracer("program").spanBuilder("step").startSpan();
            try (Scope ignored = step.makeCurrent()) {
                telemetry.agent.llmRequest("chat", "openai").run(request -> {});
            }
            step.end();
        });
        assertThat(TreeTest.tree(telemetry.spans())).isEqualTo("""
                qwen-code.tool
                  step
                    qwen-code.llm_request
                """);
    }
}
