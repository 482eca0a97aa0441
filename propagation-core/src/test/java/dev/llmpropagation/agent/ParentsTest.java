package dev.llmpropagation.agent;

import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Whose child a span is, and whose session it has. The numbers are those of RATIONALE.md. */
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
        assertParent("qwen-code.interaction", "server");
    }

    @Test
    void interactionWithAParentFromElsewhere_keepsTheSessionOfTheProgram() {
        AgentTracing global = telemetry.with(options -> options.sessionId(() -> "global"));
        Span remote = telemetry.sdk.getTracer("program").spanBuilder("server").startSpan();
        Context extracted = Context.root().with(remote);
        try (Scope ignored = LlmSession.of("here").makeCurrent()) {
            global.interaction("p").parent(extracted).run(turn -> {});
            global.interaction("p")
                    .parent(extracted.with(LlmSession.of("theirs")))
                    .run(turn -> {});
        }
        remote.end();
        assertThat(telemetry.spans("qwen-code.interaction"))
                .extracting(ParentsTest::session)
                .containsExactly("here", "theirs");
    }

    @Test
    void promptOfANamedSession_isNotTakenForAnothersOfTheSameId() {
        Interaction mine = agent.interaction("p").session("s").start();
        Interaction theirs = agent.interaction("p").session("t").start();
        try (Scope ignored = theirs.makeCurrent()) {
            agent.llmRequest("chat", "openai").session("s").promptId("p").run(request -> {});
        }
        try (Scope ignored = LlmSession.of("t").makeCurrent()) {
            agent.llmRequest("chat", "openai").session("s").promptId("p").run(request -> {});
        }
        mine.completed();
        theirs.completed();
        assertThat(telemetry.spans())
                .filteredOn(span ->
                        span.getParentSpanId().equals(telemetry.span(mine).getSpanId()))
                .hasSize(2)
                .allSatisfy(span -> assertThat(session(span)).isEqualTo("s"));
    }

    @Test
    void pitfall_9_25_sessionsSideBySide_keepTheirs() throws Exception {
        AgentTracing global = telemetry.with(options -> options.sessionId(() -> "global"));
        CyclicBarrier together = new CyclicBarrier(2);
        CompletableFuture<Void> other = CompletableFuture.runAsync(() -> turn(global, "s-1", together));
        turn(global, "s-2", together);
        other.get(30, TimeUnit.SECONDS);

        assertThat(telemetry.spans()).hasSize(4).allSatisfy(span -> {
            SpanData root = telemetry.spans().stream()
                    .filter(candidate -> candidate.getTraceId().equals(span.getTraceId()))
                    .filter(candidate -> candidate.getName().equals("qwen-code.interaction"))
                    .findFirst()
                    .orElseThrow();
            assertThat(session(span)).isEqualTo(session(root)).isNotEqualTo("global");
        });
        assertThat(telemetry.spans())
                .extracting(ParentsTest::session)
                .containsExactlyInAnyOrder("s-1", "s-1", "s-2", "s-2");
    }

    private static void turn(AgentTracing agent, String session, CyclicBarrier together) {
        agent.interaction("p").session(session).run(turn -> {
            await(together);
            agent.tool("t").run(tool -> await(together));
        });
    }

    @Test
    void pitfall_10_standaloneCall_hasTheSessionThatItNames() {
        AgentTracing global = telemetry.with(options -> options.sessionId(() -> "bootstrap"));
        global.llmRequest("chat", "openai").session("owner").run(request -> {});
        SpanData span = telemetry.span("qwen-code.llm_request");
        assertThat(session(span)).isEqualTo("owner");
        assertThat(text(span, "llm_request.context")).isEqualTo("standalone");
    }

    @Test
    void supplier_isAskedWhereNothingElseKnows() {
        AgentTracing single = telemetry.with(options -> options.sessionId(() -> "only"));
        single.interaction("p").run(turn -> {});
        assertThat(session(telemetry.span("qwen-code.interaction"))).isEqualTo("only");
    }

    @Test
    void unfitSession_isNotReplacedByAnother() {
        AgentTracing global = telemetry.with(options -> options.sessionId(() -> "other"));
        global.interaction("p").session("two words").run(turn -> {
            turn.tool("t").run(tool -> {});
            assertThat(LlmSession.fromContext(Context.current()).id()).isEmpty();
        });
        assertThat(telemetry.spans()).hasSize(2).allSatisfy(span -> assertThat(session(span))
                .isNull());
        assertThat(telemetry.diagnostics).isNotEmpty();
    }

    @Test
    void pitfall_11_43_sessionSwitchedInMidTurn_relabelsNothing() {
        List<String> current = new ArrayList<>(List.of("before"));
        AgentTracing single = telemetry.with(options -> options.sessionId(() -> current.get(0)));
        single.interaction("p").run(turn -> {
            LlmRequest stream = single.llmRequest("chat", "openai").stream().start();
            current.set(0, "after");
            stream.completed();
            single.tool("t").run(tool -> {});
        });
        assertThat(telemetry.spans()).hasSize(3).allSatisfy(span -> assertThat(session(span))
                .isEqualTo("before"));
        single.interaction("p-2").run(turn -> {});
        assertThat(session(telemetry.spans().get(3))).isEqualTo("after");
    }

    @Test
    void pitfall_12_approvalAndHook_haveTheSessionOfTheirTool() {
        AgentTracing global = telemetry.with(options -> options.sessionId(() -> "stale"));
        Tool tool = global.interaction("p").session("s").start().tool("t").start();
        // later, and outside of every Context
        tool.blockedOnUser().run(wait -> wait.decided(Decision.CANCEL, DecisionSource.IDE));
        tool.hook(HookEvent.POST_TOOL_USE).run(hook -> {});
        tool.execution().run(run -> {});
        global.close();
        assertThat(telemetry.spans()).hasSize(5).allSatisfy(span -> assertThat(session(span))
                .isEqualTo("s"));
        assertParent("qwen-code.tool.blocked_on_user", "qwen-code.tool");
        assertParent("qwen-code.hook", "qwen-code.tool");
    }

    @Test
    void pitfall_13_callOutsideOfAnyInteraction_isNotInTheLastOne() {
        Interaction turn = agent.interaction("p").start();
        agent.llmRequest("chat", "openai").run(request -> {});
        turn.completed();
        assertRoot(telemetry.span("qwen-code.llm_request"));
    }

    @Test
    void pitfall_14_callOfAnotherPrompt_isNotInTheInteractionAroundIt() {
        agent.interaction("p-1").run(turn -> {
            agent.llmRequest("chat", "openai").promptId("p-2").run(request -> {});
        });
        SpanData request = telemetry.span("qwen-code.llm_request");
        assertRoot(request);
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
    void promptOfAnotherSession_isNotTheSamePrompt() {
        Interaction other = agent.interaction("p").session("s-2").start();
        try (Scope ignored = LlmSession.of("s-1").makeCurrent()) {
            agent.llmRequest("chat", "openai").promptId("p").run(request -> {});
        }
        assertThat(other.isEnded()).isFalse();
        other.completed();
        assertRoot(telemetry.span("qwen-code.llm_request"));
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
            await(together);
            tool.execution().run(run -> await(together));
            agent.llmRequest("chat", "openai").run(request -> await(together));
        });
    }

    @Test
    void pitfall_17_callOfASubagent_isInTheSubagent() {
        agent.interaction("p").run(turn -> turn.tool("task").run(tool -> {
            agent.subagent("helper").run(helper -> {
                agent.llmRequest("chat", "openai").run(request -> {});
            });
        }));
        assertParent("qwen-code.subagent", "qwen-code.tool");
        assertParent("qwen-code.llm_request", "qwen-code.subagent");
        assertThat(text(telemetry.span("qwen-code.llm_request"), "llm_request.context"))
                .isEqualTo("subagent");
    }

    @Test
    void pitfall_18_hookOfASubagent_isNotInTheToolAroundIt() {
        agent.tool("task").run(tool -> agent.subagent("helper").run(helper -> {
            agent.hook(HookEvent.PRE_TOOL_USE).run(hook -> {});
        }));
        assertParent("qwen-code.hook", "qwen-code.subagent");
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
        assertRoot(span);
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
        assertRoot(late);
        assertThat(session(late)).isEqualTo("s");
        assertThat(text(late, "qwen-code.prompt_id")).isEqualTo("p");
    }

    @Test
    void pitfall_12_toolOfAnEndedHandle_hasItsSession() {
        AgentTracing global = telemetry.with(options -> options.sessionId(() -> "stale"));
        Interaction turn = global.interaction("p").session("s").start();
        turn.completed();
        turn.tool("t").run(tool -> {});
        assertThat(session(telemetry.span("qwen-code.tool"))).isEqualTo("s");
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
        assertParent("qwen-code.llm_request", "qwen-code.interaction");
    }

    @Test
    void withoutInteraction_theCurrentSpanIsTheParent() {
        Span program = telemetry.sdk.getTracer("program").spanBuilder("server").startSpan();
        try (Scope ignored = program.makeCurrent()) {
            agent.llmRequest("chat", "openai").run(request -> {});
        }
        program.end();
        assertParent("qwen-code.llm_request", "server");
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

    private static void assertRoot(SpanData span) {
        assertThat(span.getParentSpanContext().isValid()).isFalse();
    }

    private void assertParent(String child, String parent) {
        assertThat(telemetry.span(child).getParentSpanId())
                .isEqualTo(telemetry.span(parent).getSpanId());
    }

    private static String session(SpanData span) {
        return text(span, "session.id");
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await(30, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
