package dev.llmpropagation.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
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
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

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

    abstract static class Turn {

        abstract AgentExtension telemetry();

        abstract void assertTraceId(String traceId);

        @Test
        void pitfall_1_2_3_116_turn_isOneTree() throws Exception {
            telemetry().agent.interaction("p-1").session(SESSION).run(turn -> {
                model(() -> http());
                telemetry().agent.tool("search").callId("c-1").run(tool -> {
                    telemetry().agent.hook(HookEvent.PRE_TOOL_USE).run(hook -> hook.shouldProceed(true));
                    tool.blockedOnUser().run(wait -> wait.decided(Decision.PROCEED_ONCE, DecisionSource.CLI));
                    tool.execution().run(run -> {
                        span("shell");
                        model(() -> {});
                    });
                    telemetry().agent.subagent("helper").run(helper -> {
                        model(() -> {});
                        telemetry().agent.tool("read").run(inner -> model(() -> {}));
                    });
                });
                model(() -> {});
            });
            assertTree();
        }

        @Test
        void pitfall_1_2_3_116_turn_isOneTreeAsync() throws Exception {
            AgentTracing agent = telemetry().agent;
            agent.interaction("p-1")
                    .session(SESSION)
                    .callAsync(turn -> later(turn.context(), () -> model(() -> http()))
                            .thenCompose(
                                    done -> turn.tool("search").callId("c-1").callAsync(this::tool))
                            .thenCompose(done -> later(turn.context(), () -> model(() -> {}))))
                    .get();
            assertTree();
        }

        private CompletableFuture<Void> tool(Tool tool) {
            return tool.hook(HookEvent.PRE_TOOL_USE)
                    .callAsync(hook -> later(hook.context(), () -> hook.shouldProceed(true)))
                    .thenCompose(done -> tool.blockedOnUser()
                            .callAsync(wait -> later(
                                    wait.context(), () -> wait.decided(Decision.PROCEED_ONCE, DecisionSource.CLI))))
                    .thenCompose(done -> tool.execution()
                            .callAsync(run -> later(run.context(), () -> {
                                span("shell");
                                model(() -> {});
                            })))
                    .thenCompose(done -> tool.subagent("helper")
                            .callAsync(helper -> later(helper.context(), () -> {
                                model(() -> {});
                                telemetry().agent.tool("read").run(inner -> model(() -> {}));
                            })));
        }

        private static CompletableFuture<Void> later(Context context, Runnable work) {
            return CompletableFuture.runAsync(context.wrap(work));
        }

        private void model(Runnable work) {
            telemetry().agent.llmRequest("chat", "openai").model("m").run(request -> work.run());
        }

        private void http() {
            Span span = telemetry()
                    .sdk
                    .getTracer("http")
                    .spanBuilder("POST")
                    .setSpanKind(SpanKind.CLIENT)
                    .startSpan();
            span.end();
        }

        private void span(String name) {
            telemetry().sdk.getTracer("program").spanBuilder(name).startSpan().end();
        }

        private void assertTree() {
            List<SpanData> spans = telemetry().spans();
            assertThat(tree(spans)).isEqualTo(TREE);
            assertThat(spans).allSatisfy(span -> {
                assertThat(AgentExtension.string(span, "session.id")).isEqualTo(SESSION);
                assertThat(AgentExtension.string(span, "gen_ai.conversation.id"))
                        .isEqualTo(SESSION);
                assertTraceId(span.getTraceId());
            });
            assertThat(spans)
                    .extracting(SpanData::getTraceId)
                    .containsOnly(spans.get(0).getTraceId());
        }
    }

    @Nested
    class WithATraceForEachPrompt extends Turn {
        @RegisterExtension
        final AgentExtension telemetry = new AgentExtension();

        @Override
        AgentExtension telemetry() {
            return telemetry;
        }

        @Override
        void assertTraceId(String traceId) {
            assertThat(traceId).isNotEqualTo(DERIVED);
        }
    }

    @Nested
    class WithATraceForEachSession extends Turn {
        @RegisterExtension
        final AgentExtension telemetry = AgentExtension.withDerivedIds();

        @Override
        AgentExtension telemetry() {
            return telemetry;
        }

        @Override
        void assertTraceId(String traceId) {
            assertThat(traceId).isEqualTo(DERIVED);
        }

        @Test
        void everyTypeOfSpan_hasTheTraceIdOfTheSession() {
            AgentTracing agent = telemetry.agent;
            // of each session's spans, those that are roots; all of the others are in the tree above
            agent.interaction("p-1").session(SESSION).run(turn -> {
                turn.subagent("background").background().run(helper -> agent.tool("t")
                        .run(tool -> {}));
            });
            agent.llmRequest("chat", "openai").session(SESSION).run(request -> {});
            try (Scope ignored =
                    dev.llmpropagation.session.LlmSession.of(SESSION).makeCurrent()) {
                agent.tool("alone").run(tool -> {});
                agent.hook(HookEvent.POST_TOOL_BATCH).run(hook -> {});
                agent.subagent("alone").run(helper -> {});
                telemetry
                        .sdk
                        .getTracer("program")
                        .spanBuilder("own")
                        .startSpan()
                        .end();
            }
            assertThat(telemetry.spans())
                    .hasSize(8)
                    .extracting(SpanData::getTraceId)
                    .containsOnly(DERIVED);
        }
    }

    @Nested
    class Names {
        @RegisterExtension
        final AgentExtension telemetry = new AgentExtension();

        @Test
        void genAiNames_areThoseOfTheConvention() {
            AgentTracing agent = telemetry.with(
                    options -> options.spanNames(SpanNames.genAi()).agentName("coder"));
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
                    .allSatisfy(span -> assertThat(AgentExtension.string(span, "gen_ai.agent.name"))
                            .isNull());
        }

        @Test
        void namedAgent_isOnItsInteractionsAndTools() {
            AgentTracing agent = telemetry.with(options -> options.agentName("qwen-code"));
            agent.interaction("p").run(turn -> turn.tool("search").run(tool -> {}));
            assertThat(telemetry.spans()).hasSize(2).allSatisfy(span -> assertThat(
                            AgentExtension.string(span, "gen_ai.agent.name"))
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
                Span step =
                        telemetry.sdk.getTracer("program").spanBuilder("step").startSpan();
                try (Scope ignored = step.makeCurrent()) {
                    telemetry.agent.llmRequest("chat", "openai").run(request -> {});
                }
                step.end();
            });
            assertThat(tree(telemetry.spans())).isEqualTo("""
                    qwen-code.tool
                      step
                        qwen-code.llm_request
                    """);
        }

        @Test
        void sequence_countsUp() {
            Interaction first = telemetry.agent.interaction("p-1").start();
            first.completed();
            Interaction second = telemetry.agent.interaction("p-2").start();
            second.completed();
            AttributeKey<Long> sequence = AttributeKey.longKey("interaction.sequence");
            assertThat(telemetry.span(second).getAttributes().get(sequence))
                    .isGreaterThan(telemetry.span(first).getAttributes().get(sequence));
        }
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
