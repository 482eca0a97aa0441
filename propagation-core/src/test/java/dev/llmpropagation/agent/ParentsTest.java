package dev.llmpropagation.agent;

import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Whose child a span is. The numbers are those of docs/pitfalls.md. */
class ParentsTest {

    @RegisterExtension
    final AgentExtension telemetry = new AgentExtension();

    private final AgentTracing agent = telemetry.agent;

    @Test
    void pitfall_4_eachPrompt_isATraceOfItsOwn() {
        Span program = telemetry.sdk.getTracer("program").spanBuilder("server").startSpan();
        try (Scope ignored = program.makeCurrent()) {
            agent.interaction("p-1").session("s").run(turn -> {});
            agent.interaction("p-2").session("s").run(turn -> {});
        }
        program.end();
        assertThat(telemetry.spans()).extracting(SpanData::getTraceId).doesNotHaveDuplicates();
        assertThat(telemetry.spans()).extracting(SpanData::getParentSpanId).containsOnly("0000000000000000");
    }

    @Test
    void interactionWithAParent_standsInIt() {
        Span program = telemetry.sdk.getTracer("program").spanBuilder("server").startSpan();
        agent.interaction("p").parent(Context.root().with(program)).run(turn -> {});
        program.end();
        telemetry.assertParent("qwen-code.interaction", "server");
    }

    @Test
    void pitfall_13_callOutsideOfAnyInteraction_isNotInTheLastOne() {
        Interaction turn = agent.interaction("p").start();
        agent.llmRequest("chat", "openai").run(request -> {});
        turn.completed();
        AgentExtension.assertRoot(telemetry.span("qwen-code.llm_request"));
    }

    @Test
    void pitfall_14_callOfAnotherPrompt_isNotInTheInteractionAroundIt() {
        agent.interaction("p-1").run(turn -> {
            agent.llmRequest("chat", "openai").promptId("p-2").run(request -> {});
        });
        SpanData request = telemetry.span("qwen-code.llm_request");
        AgentExtension.assertRoot(request);
        assertThat(text(request, "llm_request.context")).isEqualTo("standalone");
        assertThat(text(request, "qwen-code.prompt_id")).isEqualTo("p-2");
    }

    @Test
    void pitfall_14_callOfAnotherOpenPrompt_isInThatOne() {
        Interaction other = agent.interaction("p-2").session("s").start();
        agent.interaction("p-1").session("s").run(turn -> {
            agent.llmRequest("chat", "openai").promptId("p-2").run(request -> {});
        });
        other.completed();
        assertThat(telemetry.span("qwen-code.llm_request").getParentSpanId())
                .isEqualTo(other.spanContext().getSpanId());
    }

    @Test
    void pitfall_15_16_concurrentTools_areApart() throws Exception {
        CyclicBarrier together = new CyclicBarrier(2);
        agent.interaction("p").run(turn -> {
            CompletableFuture<Void> other =
                    CompletableFuture.runAsync(turn.context().wrap(() -> tool("a", together)));
            tool("b", together);
            other.get(30, TimeUnit.SECONDS);
        });
        for (String name : List.of("a", "b")) {
            SpanData tool = telemetry.spans().stream()
                    .filter(span -> name.equals(text(span, "gen_ai.tool.name"))
                            && span.getName().equals("qwen-code.tool"))
                    .findFirst()
                    .orElseThrow();
            assertThat(telemetry.spans())
                    .filteredOn(span -> span.getParentSpanId().equals(tool.getSpanId()))
                    .hasSize(2)
                    .anySatisfy(
                            span -> assertThat(text(span, "gen_ai.tool.name")).isEqualTo(name));
        }
    }

    private void tool(String name, CyclicBarrier together) {
        agent.tool(name).run(tool -> {
            AgentExtension.await(together);
            tool.execution().run(run -> AgentExtension.await(together));
            agent.llmRequest("chat", "openai").run(request -> AgentExtension.await(together));
        });
    }

    @Test
    void pitfall_17_callOfASubagent_isInTheSubagent() {
        agent.interaction("p").run(turn -> turn.tool("task").run(tool -> {
            agent.subagent("helper").run(helper -> {
                agent.llmRequest("chat", "openai").run(request -> {});
            });
        }));
        telemetry.assertParent("qwen-code.subagent", "qwen-code.tool");
        telemetry.assertParent("qwen-code.llm_request", "qwen-code.subagent");
        assertThat(text(telemetry.span("qwen-code.llm_request"), "llm_request.context"))
                .isEqualTo("subagent");
    }

    @Test
    void pitfall_18_hookOfASubagent_isNotInTheToolAroundIt() {
        agent.tool("task").run(tool -> agent.subagent("helper").run(helper -> {
            agent.hook(HookEvent.PRE_TOOL_USE).run(hook -> {});
        }));
        telemetry.assertParent("qwen-code.hook", "qwen-code.subagent");
    }

    @Test
    void pitfall_19_backgroundSubagent_isARootWithALink() {
        Subagent helper = agent.interaction("p").session("s").call(turn -> turn.tool("task")
                .call(tool -> tool.subagent("helper").background().id("a-1").start()));
        // long after the interaction
        helper.tool("t").run(tool -> agent.llmRequest("chat", "openai").run(request -> {}));
        helper.completed();

        SpanData span = telemetry.span(helper);
        SpanData invoker = telemetry.spans().stream()
                .filter(candidate -> "task".equals(text(candidate, "gen_ai.tool.name")))
                .findFirst()
                .orElseThrow();
        AgentExtension.assertRoot(span);
        assertThat(span.getTraceId()).isNotEqualTo(invoker.getTraceId());
        assertThat(span.getLinks()).singleElement().satisfies(link -> {
            assertThat(link.getSpanContext().getSpanId()).isEqualTo(invoker.getSpanId());
            assertThat(text(link, "qwen-code.link.kind")).isEqualTo("invoker");
        });
        assertThat(session(span)).isEqualTo("s");
        assertThat(telemetry.spans())
                .filteredOn(other -> other.getTraceId().equals(span.getTraceId()))
                .hasSize(3);
    }

    @Test
    void pitfall_20_toolsAndCallsAfterTheFirstAnswer_areInTheInteraction() {
        agent.interaction("p").run(turn -> {
            agent.llmRequest("chat", "openai").run(request -> {});
            agent.tool("t").run(tool -> {});
            agent.llmRequest("chat", "openai").run(request -> {});
        });
        SpanData turn = telemetry.span("qwen-code.interaction");
        assertThat(telemetry.spans())
                .filteredOn(span -> span.getParentSpanId().equals(turn.getSpanId()))
                .hasSize(3);
    }

    @Test
    void pitfall_21_promptStartedTwice_endsTheFirstAsCancelled() {
        Interaction first = agent.interaction("p").session("s").start();
        Interaction second = agent.interaction("p").session("s").start();
        assertThat(first.isEnded()).isTrue();
        first.failed("late"); // the stale owner
        first.touch();
        assertThat(second.isEnded()).isFalse();
        agent.llmRequest("chat", "openai").session("s").promptId("p").run(request -> {});
        second.completed();

        assertThat(text(telemetry.span(first), "qwen-code.turn_status")).isEqualTo("cancelled");
        assertThat(text(telemetry.span(second), "qwen-code.turn_status")).isEqualTo("ok");
    }

    @Test
    void pitfall_23_logEvents_haveTraceAndSpanId() {
        agent.interaction("p").session("s").prompt("hello").run(turn -> turn.tool("t")
                .run(tool -> {}));
        assertEvent("qwen-code.user_prompt", "qwen-code.interaction");
        assertEvent("qwen-code.tool_call", "qwen-code.tool");
        assertEvent("qwen-code.conversation_finished", "qwen-code.interaction");
    }

    @Test
    void spanThatComesLate_isNotInTheEndedInteraction() {
        Context context = agent.interaction("p").session("s").call(turn -> turn.context());
        try (Scope ignored = context.makeCurrent()) {
            agent.llmRequest("chat", "openai").run(request -> {});
        }
        SpanData late = telemetry.span("qwen-code.llm_request");
        AgentExtension.assertRoot(late);
        assertThat(session(late)).isEqualTo("s");
        assertThat(text(late, "qwen-code.prompt_id")).isEqualTo("p");
    }

    @Test
    void spanThatComesAfterItsTool_isInTheInteractionStill() {
        agent.interaction("p").run(turn -> {
            Tool tool = turn.tool("t").start();
            tool.completed();
            try (Scope ignored = tool.makeCurrent()) {
                agent.llmRequest("chat", "openai").run(request -> {});
            }
        });
        telemetry.assertParent("qwen-code.llm_request", "qwen-code.interaction");
    }

    @Test
    void withoutInteraction_theCurrentSpanIsTheParent() {
        Span program = telemetry.sdk.getTracer("program").spanBuilder("server").startSpan();
        try (Scope ignored = program.makeCurrent()) {
            agent.llmRequest("chat", "openai").run(request -> {});
        }
        program.end();
        telemetry.assertParent("qwen-code.llm_request", "server");
    }

    @Test
    void subagents_knowTheirDepth() {
        agent.subagent("outer").id("a-1").run(outer -> agent.subagent("inner").run(inner -> {
            inner.subagent("third").background().run(third -> {});
        }));
        assertThat(telemetry.spans())
                .extracting(span -> text(span, "qwen-code.subagent.name")
                        + number(span, "qwen-code.subagent.depth")
                        + text(span, "qwen-code.subagent.parent_agent_id"))
                .containsExactlyInAnyOrder("outer0null", "inner1a-1", "third2null");
    }

    private void assertEvent(String event, String span) {
        assertThat(telemetry.events(event)).singleElement().satisfies((LogRecordData log) -> {
            assertThat(log.getSpanContext().getSpanId())
                    .isEqualTo(telemetry.span(span).getSpanId());
            assertThat(log.getSpanContext().getTraceId())
                    .isEqualTo(telemetry.span(span).getTraceId());
            assertThat(text(log, "session.id")).isEqualTo("s");
        });
    }

    private static String session(SpanData span) {
        return text(span, "session.id");
    }
}
