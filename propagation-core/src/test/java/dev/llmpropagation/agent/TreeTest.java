package dev.llmpropagation.agent;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A whole turn as one tree, in both modes of trace ids, sync and async. */
class TreeTest {

    static final String SESSION = "33878ff9-1467-43ef-a692-634a21bbb1bf";
    static final String DERIVED = "4acca441dba8071e51177f7c82fe0d07";

    private static final String TREE = """
            qwen-code.interaction
              qwen-code.llm_request
                POST
              qwen-code.tool
                qwen-code.hook
                qwen-code.tool.blocked_on_user
                qwen-code.tool.execution
                  shell
                qwen-code.llm_request
                qwen-code.subagent
                  qwen-code.llm_request
                  qwen-code.tool
                    qwen-code.llm_request
              qwen-code.llm_request
            """;

    @RegisterExtension
    final AgentExtension tracePerPrompt = new AgentExtension();

    @RegisterExtension
    final AgentExtension tracePerSession = AgentExtension.withDerivedIds();

    private AgentExtension telemetry;

    private void in(boolean derivedIds) {
        telemetry = derivedIds ? tracePerSession : tracePerPrompt;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void pitfall_1_2_3_116_turn_isOneTree(boolean derivedIds) throws Exception {
        in(derivedIds);
        telemetry.agent.interaction("p-1").session(SESSION).run(turn -> {
            model(() -> span("POST"));
            telemetry.agent.tool("search").callId("c-1").run(tool -> {
                telemetry.agent.hook(HookEvent.PRE_TOOL_USE).run(hook -> hook.shouldProceed(true));
                tool.blockedOnUser().run(wait -> wait.decided(Decision.PROCEED_ONCE, DecisionSource.CLI));
                tool.execution().run(run -> {
                    span("shell");
                    model(() -> {});
                });
                telemetry.agent.subagent("helper").run(helper -> {
                    model(() -> {});
                    telemetry.agent.tool("read").run(inner -> model(() -> {}));
                });
            });
            model(() -> {});
        });
        assertTree();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void pitfall_1_2_3_116_turn_isOneTreeAsync(boolean derivedIds) throws Exception {
        in(derivedIds);
        AgentTracing agent = telemetry.agent;
        agent.interaction("p-1")
                .session(SESSION)
                .callAsync(turn -> later(turn.context(), () -> model(() -> span("POST")))
                        .thenCompose(done -> turn.tool("search").callId("c-1").callAsync(this::tool))
                        .thenCompose(done -> later(turn.context(), () -> model(() -> {}))))
                .get();
        assertTree();
    }

    private CompletableFuture<Void> tool(Tool tool) {
        return tool.hook(HookEvent.PRE_TOOL_USE)
                .callAsync(hook -> later(hook.context(), () -> hook.shouldProceed(true)))
                .thenCompose(done -> tool.blockedOnUser()
                        .callAsync(wait ->
                                later(wait.context(), () -> wait.decided(Decision.PROCEED_ONCE, DecisionSource.CLI))))
                .thenCompose(done -> tool.execution()
                        .callAsync(run -> later(run.context(), () -> {
                            span("shell");
                            model(() -> {});
                        })))
                .thenCompose(done -> tool.subagent("helper")
                        .callAsync(helper -> later(helper.context(), () -> {
                            model(() -> {});
                            telemetry.agent.tool("read").run(inner -> model(() -> {}));
                        })));
    }

    private static CompletableFuture<Void> later(Context context, Runnable work) {
        return CompletableFuture.runAsync(context.wrap(work));
    }

    private void model(Runnable work) {
        telemetry.agent.llmRequest("chat", "openai").model("m").run(request -> work.run());
    }

    private void span(String name) {
        telemetry.sdk.getTracer("program").spanBuilder(name).startSpan().end();
    }

    private void assertTree() {
        List<SpanData> spans = telemetry.spans();
        assertThat(tree(spans)).isEqualTo(TREE);
        assertThat(spans).allSatisfy(span -> {
            assertThat(text(span, "session.id")).isEqualTo(SESSION);
            assertThat(text(span, "gen_ai.conversation.id")).isEqualTo(SESSION);
            assertThat(span.getTraceId().equals(DERIVED)).isEqualTo(telemetry == tracePerSession);
        });
        assertThat(spans)
                .extracting(SpanData::getTraceId)
                .containsOnly(spans.get(0).getTraceId());
    }

    @Test
    void everyTypeOfSpan_hasTheTraceIdOfTheSession() {
        in(true);
        AgentTracing agent = telemetry.agent;
        // of each session's spans, those that are roots; all of the others are in the tree above
        agent.interaction("p-1").session(SESSION).run(turn -> {
            turn.subagent("background").background().run(helper -> agent.tool("t")
                    .run(tool -> {}));
        });
        agent.llmRequest("chat", "openai").session(SESSION).run(request -> {});
        try (Scope ignored = dev.llmpropagation.session.LlmSession.of(SESSION).makeCurrent()) {
            agent.tool("alone").run(tool -> {});
            agent.hook(HookEvent.POST_TOOL_BATCH).run(hook -> {});
            agent.subagent("alone").run(helper -> {});
            span("own");
        }
        assertThat(telemetry.spans())
                .hasSize(8)
                .extracting(SpanData::getTraceId)
                .containsOnly(DERIVED);
    }

    /** Children in the order that they started. */
    static String tree(List<SpanData> spans) {
        Map<String, List<SpanData>> children = spans.stream()
                .sorted(Comparator.comparingLong(SpanData::getStartEpochNanos))
                .collect(Collectors.groupingBy(SpanData::getParentSpanId));
        StringBuilder text = new StringBuilder();
        List<SpanData> roots = new ArrayList<>(children.getOrDefault("0000000000000000", List.of()));
        roots.forEach(root -> append(text, root, "", id -> children.getOrDefault(id, List.of())));
        return text.toString();
    }

    private static void append(
            StringBuilder text, SpanData span, String indent, Function<String, List<SpanData>> children) {
        text.append(indent).append(span.getName()).append('\n');
        children.apply(span.getSpanId()).forEach(child -> append(text, child, indent + "  ", children));
    }
}
