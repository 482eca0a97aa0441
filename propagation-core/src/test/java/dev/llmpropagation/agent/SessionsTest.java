package dev.llmpropagation.agent;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Which session a span has. The numbers are those of docs/pitfalls.md. */
class SessionsTest {

    @RegisterExtension
    final AgentExtension telemetry = new AgentExtension();

    private final AgentTracing agent = telemetry.agent;

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
                .extracting(SessionsTest::session)
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
                .extracting(SessionsTest::session)
                .containsExactlyInAnyOrder("s-1", "s-1", "s-2", "s-2");
    }

    private static void turn(AgentTracing agent, String session, CyclicBarrier together) {
        agent.interaction("p").session(session).run(turn -> {
            AgentExtension.await(together);
            agent.tool("t").run(tool -> AgentExtension.await(together));
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
        telemetry.assertParent("qwen-code.tool.blocked_on_user", "qwen-code.tool");
        telemetry.assertParent("qwen-code.hook", "qwen-code.tool");
    }

    @Test
    void promptOfAnotherSession_isNotTheSamePrompt() {
        Interaction other = agent.interaction("p").session("s-2").start();
        try (Scope ignored = LlmSession.of("s-1").makeCurrent()) {
            agent.llmRequest("chat", "openai").promptId("p").run(request -> {});
        }
        assertThat(other.isEnded()).isFalse();
        other.completed();
        AgentExtension.assertRoot(telemetry.span("qwen-code.llm_request"));
    }

    @Test
    void pitfall_12_toolOfAnEndedHandle_hasItsSession() {
        AgentTracing global = telemetry.with(options -> options.sessionId(() -> "stale"));
        Interaction turn = global.interaction("p").session("s").start();
        turn.completed();
        turn.tool("t").run(tool -> {});
        assertThat(session(telemetry.span("qwen-code.tool"))).isEqualTo("s");
    }

    private static String session(SpanData span) {
        return text(span, "session.id");
    }
}
