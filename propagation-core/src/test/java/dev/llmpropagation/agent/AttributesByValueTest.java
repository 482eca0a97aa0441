package dev.llmpropagation.agent;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What each span of an agent shows of what its program has said, by value. */
class AttributesByValueTest {

    @RegisterExtension
    final AgentExtension telemetry = new AgentExtension();

    private final AgentTracing agent = telemetry.with(options -> options.agentName("coder"));

    @Test
    void interaction_showsWhatThePromptIs() {
        Interaction first = agent.interaction("p-1")
                .session("s-1")
                .model("m-1")
                .messageType("user")
                .approvalMode("auto")
                .userId("u-1")
                .json()
                .start();
        telemetry.passes(Duration.ofMillis(1500));
        first.completed();
        Interaction second = agent.interaction("p-2").start();
        second.completed();

        assertShows(
                first,
                Map.ofEntries(
                        Map.entry("gen_ai.operation.name", "invoke_agent"),
                        Map.entry("gen_ai.agent.name", "coder"),
                        Map.entry("session.id", "s-1"),
                        Map.entry("gen_ai.conversation.id", "s-1"),
                        Map.entry("qwen-code.prompt_id", "p-1"),
                        Map.entry("qwen-code.model", "m-1"),
                        Map.entry("qwen-code.message_type", "user"),
                        Map.entry("qwen-code.approval_mode", "auto"),
                        Map.entry("gen_ai.user.id", "u-1"),
                        Map.entry("gen_ai.output.type", "json"),
                        Map.entry("qwen-code.turn_status", "ok"),
                        Map.entry("llm_propagation.outcome", "completed"),
                        Map.entry("success", "true"),
                        Map.entry("interaction.duration_ms", "1500")));
        assertThat(shown(second)).doesNotContainKeys("gen_ai.output.type", "gen_ai.user.id", "qwen-code.model");
        assertThat(sequence(second)).isEqualTo(sequence(first) + 1);
    }

    private long sequence(Interaction interaction) {
        return Long.parseLong(shown(interaction).get("interaction.sequence"));
    }

    @Test
    void toolAndWhatIsInIt_showTheCall() {
        Interaction turn = agent.interaction("p-1").session("s-1").userId("u-1").start();
        Tool tool = turn.tool("search")
                .callId("c-1")
                .type("datastore")
                .description("looks it up")
                .start();
        ApprovalWait wait = tool.blockedOnUser().start();
        wait.decided(Decision.PROCEED_ONCE, DecisionSource.IDE);
        wait.completed();
        ToolExecution execution = tool.execution().start();
        execution.completed();
        tool.completed();
        turn.completed();

        assertShows(
                tool,
                Map.ofEntries(
                        Map.entry("gen_ai.operation.name", "execute_tool"),
                        Map.entry("gen_ai.tool.name", "search"),
                        Map.entry("gen_ai.tool.type", "datastore"),
                        Map.entry("gen_ai.tool.call.id", "c-1"),
                        Map.entry("tool.call_id", "c-1"),
                        Map.entry("gen_ai.tool.description", "looks it up"),
                        Map.entry("gen_ai.agent.name", "coder"),
                        Map.entry("gen_ai.user.id", "u-1")));
        assertShows(
                wait,
                Map.of("tool.name", "search", "tool.call_id", "c-1", "decision", "proceed_once", "source", "ide"));
        assertShows(
                execution, Map.of("gen_ai.tool.name", "search", "tool.call_id", "c-1", "execution_status", "success"));
    }

    @Test
    void hook_showsItsEventAndItsTool() {
        Hook hook = agent.hook(HookEvent.PRE_TOOL_USE)
                .tool("search", "c-1")
                .interrupt()
                .start();
        hook.blocked(BlockType.ASK);
        hook.completed();

        assertShows(
                hook,
                Map.of(
                        "hook_event",
                        "PreToolUse",
                        "tool.name",
                        "search",
                        "tool.use_id",
                        "c-1",
                        "is_interrupt",
                        "true",
                        "block_type",
                        "ask"));
    }

    @Test
    void subagent_showsWhatItIsFor() {
        Subagent outer = agent.subagent("planner")
                .id("a-1")
                .description("plans")
                .model("m-1")
                .builtIn(true)
                .invokingRequestId("r-1")
                .start();
        Subagent inner = outer.subagent("writer").start();
        inner.completed();
        outer.completed();

        assertShows(
                outer,
                Map.of(
                        "gen_ai.operation.name", "invoke_agent",
                        "gen_ai.agent.name", "planner",
                        "gen_ai.agent.description", "plans",
                        "gen_ai.request.model", "m-1"));
        assertThat(shown(outer).values()).contains("a-1", "r-1");
        assertThat(shown(inner).values()).contains("a-1", "writer");
    }

    @Test
    void modelCall_showsItsServiceAndItsUser() {
        Interaction turn = agent.interaction("p-1").userId("u-1").start();
        LlmRequest request = turn.llmRequest("chat", "openai").model("m-1").server("gw.example", 8443).stream()
                .start();
        request.usage(7L, 3L);
        request.completed();
        turn.completed();
        LlmRequest unknown =
                agent.llmRequest("chat", "openai").server("gw.example", -1).start();
        unknown.usage(null, null);
        unknown.close();

        assertShows(
                request,
                Map.ofEntries(
                        Map.entry("gen_ai.operation.name", "chat"),
                        Map.entry("gen_ai.provider.name", "openai"),
                        Map.entry("gen_ai.request.model", "m-1"),
                        Map.entry("gen_ai.request.stream", "true"),
                        Map.entry("server.address", "gw.example"),
                        Map.entry("server.port", "8443"),
                        Map.entry("qwen-code.prompt_id", "p-1"),
                        Map.entry("gen_ai.user.id", "u-1"),
                        Map.entry("llm_request.context", "interaction"),
                        Map.entry("gen_ai.usage.input_tokens", "7"),
                        Map.entry("gen_ai.usage.output_tokens", "3")));
        LlmRequest nowhere = agent.llmRequest("chat", "openai").server(null, 80).start();
        nowhere.close();
        assertThat(shown(nowhere)).doesNotContainKeys("server.address", "server.port");
        assertShows(unknown, Map.of("llm_request.context", "standalone", "llm_propagation.outcome", "interrupted"));
        assertThat(shown(unknown))
                .doesNotContainKeys("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "server.port");
    }

    /** Calls that are alike but for one thing: the attributes of the last call do not serve the next. */
    @Test
    void metricsOfModelCalls_areApartByModelErrorAndSession() {
        AgentTracing own = telemetry.with(options -> options.sessionOnMetrics(true));
        for (String session : List.of("s-1", "s-2")) {
            for (String answered : List.of("m-1", "m-2")) {
                for (boolean good : new boolean[] {true, false}) {
                    LlmRequest request = own.llmRequest("chat", "openai")
                            .model("m")
                            .session(session)
                            .start();
                    request.response("r", answered);
                    if (good) {
                        request.completed();
                    } else {
                        request.failed("broken");
                    }
                }
            }
        }
        Map<String, Long> counted = new TreeMap<>();
        telemetry
                .points()
                .of("gen_ai.client.operation.duration")
                .forEach(point -> counted.put(
                        Stream.of("session.id", "gen_ai.response.model", "error.type")
                                .map(key -> String.valueOf(text(point, key)))
                                .collect(Collectors.joining(" ")),
                        ((HistogramPointData) point).getCount()));
        assertThat(counted)
                .isEqualTo(Map.of(
                        "s-1 m-1 null", 1L,
                        "s-1 m-2 null", 1L,
                        "s-2 m-1 null", 1L,
                        "s-2 m-2 null", 1L,
                        "s-1 m-1 broken", 1L,
                        "s-1 m-2 broken", 1L,
                        "s-2 m-1 broken", 1L,
                        "s-2 m-2 broken", 1L));
    }

    @Test
    void exception_isAnEventAndAbandonedSpansSayHowLongTheyWere() {
        Tool failed = agent.tool("t").start();
        failed.failed(new IllegalStateException("MARKER"));
        Tool lost = agent.tool("t").start();
        telemetry.passes(Duration.ofHours(1), agent::sweep);

        assertThat(telemetry.span(failed).getEvents())
                .extracting(EventData::getName)
                .containsExactly("exception");
        assertShows(
                lost,
                Map.of(
                        "qwen-code.span.ttl_expired", "true",
                        "qwen-code.span.duration_ms", "3600000",
                        "llm_propagation.outcome", "abandoned"));
        assertThat(telemetry.diagnostics).hasSize(1);
    }

    @Test
    void bodies_runWithinTheSpanAndTheirResultGoesOn() throws Exception {
        AgentSpanBuilder.Work<Tool, String> work = tool -> tool.toString();
        assertThat(agent.tool("t").call(work)).startsWith("qwen-code.tool{");
        List<Tool> ran = new ArrayList<>();
        AgentSpanBuilder.Step<Tool> action = ran::add;
        agent.tool("t").run(action);
        assertThat(ran).singleElement().matches(AgentSpan::isEnded);

        CompletableFuture<String> deaf = new CompletableFuture<>();
        Tool[] cancelled = new Tool[1];
        agent.tool("t")
                .callAsync(tool -> {
                    cancelled[0] = tool;
                    return deaf.minimalCompletionStage();
                })
                .cancel(true);
        assertThat(deaf).isNotDone();
        assertShows(cancelled[0], Map.of("llm_propagation.outcome", "cancelled"));
    }

    private void assertShows(AgentSpan handle, Map<String, String> expected) {
        assertThat(shown(handle)).containsAllEntriesOf(expected);
    }

    private Map<String, String> shown(AgentSpan handle) {
        SpanData span = telemetry.span(handle);
        return span.getAttributes().asMap().entrySet().stream()
                .collect(Collectors.toMap(entry -> entry.getKey().getKey(), entry -> String.valueOf(entry.getValue())));
    }
}
