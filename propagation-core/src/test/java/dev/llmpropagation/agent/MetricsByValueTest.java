package dev.llmpropagation.agent;

import static dev.llmpropagation.fixtures.Attributed.flag;
import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.MetricPoints.attributes;
import static dev.llmpropagation.fixtures.MetricPoints.labels;
import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.fixtures.Instruments;
import dev.llmpropagation.fixtures.MetricPoints;
import dev.llmpropagation.internal.span.Api;
import dev.llmpropagation.internal.span.Convention;
import dev.llmpropagation.internal.span.Metric;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Every point of every metric, and every attribute of every event, by its value. */
class MetricsByValueTest {

    @RegisterExtension
    final AgentExtension telemetry = new AgentExtension();

    private final AgentTracing agent = telemetry.with(options -> options.content(ContentCapture.on()));

    @Test
    void fileOperation_isCountedAndToldWithoutItsName() {
        telemetry.agent.interaction("p").session("s-1").run(turn -> turn.tool("edit")
                .callId("c-1")
                .responseId("r-1")
                .run(tool -> {
                    tool.fileOperation(FileOperation.UPDATE, "/home/ann/.secret/Main.JAVA", 12);
                    tool.fileOperation(FileOperation.READ, "/home/ann/.profile", -1);
                    tool.fileOperation(null, null, 0);
                }));

        assertThat(telemetry.events())
                .filteredOn(log -> "qwen-code.file_operation".equals(Api.eventName(log)))
                .extracting(log -> Api.attributes(log).asMap().toString())
                .hasSize(2)
                .first()
                .asString()
                .contains("function_name=edit", "tool.call_id=c-1", "operation=update", "extension=java", "lines=12")
                .contains("session.id=s-1", "qwen-code.prompt_id=p");
        assertThat(telemetry.events())
                .filteredOn(log -> "qwen-code.tool_call".equals(Api.eventName(log)))
                .singleElement()
                .satisfies(log -> assertThat(Api.attributes(log).asMap().toString())
                        .contains("gen_ai.tool.call.id=c-1", "gen_ai.response.id=r-1"));
        assertThat(counts("qwen-code.file.operation.count")).hasSize(2);
        assertThat(telemetry.spans().toString() + telemetry.events() + telemetry.metrics())
                .doesNotContain("ann", "secret");
    }

    @Test
    void tool_isCountedByWhereItComesFrom() {
        agent.tool("search").toolType("mcp").start().completed();
        agent.tool("search").toolType(null).start().completed();

        assertThat(telemetry.counter("qwen-code.tool.call.count"))
                .extracting(point -> text(point, "tool_type"))
                .containsExactlyInAnyOrder("mcp", "native");
        assertThat(telemetry.events("qwen-code.tool_call"))
                .extracting(log -> Api.attributes(log).get(AttributeKey.stringKey("tool_type")))
                .containsExactly("mcp", "native");
    }

    @Test
    void modelCall_isMeasured() {
        LlmRequest request = agent.llmRequest("chat", "openai").model("asked").stream()
                .server("api.example.com", 443)
                .start();
        telemetry.passes(Duration.ofMillis(250));
        request.firstChunk();
        telemetry.passes(Duration.ofMillis(1250));
        request.response("r-1", "answered");
        request.usage(11L, 7L);
        request.completed();

        Attributes call = attributes(
                "gen_ai.operation.name", "chat",
                "gen_ai.provider.name", "openai",
                "gen_ai.request.model", "asked",
                "gen_ai.response.model", "answered",
                "server.address", "api.example.com",
                "server.port", 443);
        MetricPoints measured = telemetry.points();
        for (String name : List.of(
                "gen_ai.client.operation.duration",
                "gen_ai.client.operation.time_to_first_chunk",
                "gen_ai.client.token.usage")) {
            assertThat(measured.exemplars(name))
                    .as(name)
                    .isNotEmpty()
                    .containsOnly(request.spanContext().getSpanId());
        }
        assertThat(measured.exemplars("gen_ai.client.token.usage"))
                .as("input and output")
                .hasSize(2);
        assertThat(sums("gen_ai.client.operation.duration")).isEqualTo(Map.of(call.toString(), 1.5));
        assertThat(sums("gen_ai.client.operation.time_to_first_chunk")).isEqualTo(Map.of(call.toString(), 0.25));
        assertThat(sums("gen_ai.client.token.usage"))
                .isEqualTo(Map.of(typed(call, "input"), 11.0, typed(call, "output"), 7.0));
    }

    @Test
    void modelCallThatFailed_hasItsErrorOnItsDuration() {
        agent.llmRequest("chat", "openai").start().failed("rate_limit_exceeded");
        agent.llmRequest("chat", "openai").start().failed(new TimeoutException());
        agent.llmRequest("chat", "openai").start().cancelled();

        assertThat(telemetry.points().of("gen_ai.client.operation.duration"))
                .extracting(point -> text(point, "error.type"))
                .containsExactlyInAnyOrder("rate_limit_exceeded", "java.util.concurrent.TimeoutException", null);
    }

    @Test
    void attributesReadOnTheWire_areMeasuredAsWell() {
        LlmRequest request = agent.llmRequest("chat", "openai").model("asked").start();
        request.attributes(attributes(
                "gen_ai.usage.input_tokens",
                5,
                "gen_ai.usage.output_tokens",
                3,
                "gen_ai.response.model",
                "answered",
                "gen_ai.response.time_to_first_chunk",
                0.125));
        request.completed();

        assertThat(sums("gen_ai.client.token.usage").values()).containsExactlyInAnyOrder(5.0, 3.0);
        assertThat(sums("gen_ai.client.operation.time_to_first_chunk").values()).containsExactly(0.125);
        assertThat(telemetry.points().of("gen_ai.client.operation.duration"))
                .extracting(point -> text(point, "gen_ai.response.model"))
                .containsExactly("answered");
    }

    @Test
    void pitfall_42_durationOfACallThatIsSentAgain_beginsWithItsSpan() {
        LlmRequest request = agent.llmRequest("chat", "openai").model("m").start();
        telemetry.passes(Duration.ofMillis(500));
        request.call.retried("m");
        telemetry.passes(Duration.ofMillis(700));
        request.call.retried("m");
        request.call.awaitsService();
        telemetry.passes(Duration.ofMillis(300));
        request.firstChunk();
        telemetry.passes(Duration.ofMillis(100));
        request.completed();

        assertThat(number(telemetry.span(request), "duration_ms")).isEqualTo(1600);
        assertThat(sums("gen_ai.client.operation.duration").values()).containsExactly(1.6);
        assertThat(sums("gen_ai.client.operation.time_to_first_chunk").values()).containsExactly(1.5);
        assertThat(counts("qwen-code.api.retry.count")).isEqualTo(Map.of(labels("model", "m"), 2L));
    }

    @Test
    void tool_isMeasuredAndTold() {
        Interaction turn = agent.interaction("p-1").session("s-1").start();
        Tool good = turn.tool("search").callId("c-1").arguments("{\"q\":1}").start();
        good.blockedOnUser().run(wait -> wait.decided(Decision.PROCEED_ALWAYS, DecisionSource.CLI));
        good.execution().run(run -> {});
        telemetry.passes(Duration.ofMillis(2500));
        good.completed();
        Tool bad = turn.tool("search").start();
        telemetry.passes(Duration.ofMillis(500));
        bad.failed(ToolFailure.TIMEOUT);
        Tool stopped = turn.tool("search").start();
        stopped.cancelled();
        turn.completed();

        MetricPoints measured = telemetry.points();
        assertThat(measured.exemplars("gen_ai.execute_tool.duration"))
                .contains(good.spanContext().getSpanId());
        assertThat(measured.exemplars("qwen-code.tool.call.latency"))
                .contains(good.spanContext().getSpanId());
        assertThat(sums("gen_ai.execute_tool.duration"))
                .containsEntry(labels("gen_ai.tool.name", "search"), 2.5)
                .containsEntry(labels("gen_ai.tool.name", "search", "error.type", "tool_error"), 0.5);
        assertThat(sums("qwen-code.tool.call.latency")).isEqualTo(Map.of(labels("function_name", "search"), 3000.0));
        assertThat(counts("qwen-code.tool.call.count"))
                .isEqualTo(Map.of(
                        call("success", true, "proceed_always"), 1L,
                        call("error", false, null), 1L,
                        call("cancelled", false, null), 1L));
        assertThat(counts("qwen-code.tool.execution.count"))
                .isEqualTo(Map.of(labels("execution_status", "success", "tool_type", "native"), 1L));
        List<LogRecordData> told = telemetry.events("qwen-code.tool_call");
        assertThat(Api.attributes(told.get(0)))
                .isEqualTo(attributes(
                        "session.id", "s-1",
                        "qwen-code.prompt_id", "p-1",
                        "function_name", "search",
                        "tool.call_id", "c-1",
                        "gen_ai.tool.call.id", "c-1",
                        "duration_ms", 2500,
                        "status", "success",
                        "success", true,
                        "decision", "proceed_always",
                        "tool_type", "native",
                        "function_args", "{\"q\":1}"));
        assertThat(Api.attributes(told.get(1)))
                .isEqualTo(attributes(
                        "session.id", "s-1",
                        "qwen-code.prompt_id", "p-1",
                        "function_name", "search",
                        "duration_ms", 500,
                        "status", "error",
                        "success", false,
                        "tool_type", "native",
                        "error.type", "tool_error"));
        assertThat(text(told.get(2), "status")).isEqualTo("cancelled");
        assertThat(flag(told.get(2), "success")).isFalse();
        assertThat(told.get(0).getSpanContext().getSpanId())
                .isEqualTo(good.spanContext().getSpanId());
    }

    @Test
    void interactionAndSession_areCountedAndTold() {
        agent.sessionStarted("s-1", "s-0");
        Interaction turn = agent.interaction("p-1")
                .session("s-1")
                .prompt("hello")
                .approvalMode("yolo")
                .start();
        turn.contentRetried();
        turn.subagent("helper").run(helper -> {});
        telemetry.passes(Duration.ofMillis(1250));
        turn.failed("broken");
        agent.sessionEnded("s-1");

        assertThat(counts("qwen-code.session.count")).isEqualTo(Map.of("{}", 1L));
        assertThat(counts("qwen-code.chat.content_retry.count")).isEqualTo(Map.of("{}", 1L));
        assertThat(counts("qwen-code.subagent.execution.count")).isEqualTo(Map.of(labels("status", "completed"), 1L));
        assertThat(told("session.start")).isEqualTo(attributes("session.id", "s-1", "session.previous_id", "s-0"));
        assertThat(told("session.end")).isEqualTo(attributes("session.id", "s-1"));
        assertThat(told("qwen-code.user_prompt"))
                .isEqualTo(attributes(
                        "session.id", "s-1",
                        "qwen-code.prompt_id", "p-1",
                        "prompt_length", 5,
                        "prompt", "hello"));
        assertThat(told("qwen-code.conversation_finished"))
                .isEqualTo(attributes(
                        "session.id", "s-1",
                        "qwen-code.prompt_id", "p-1",
                        "approval_mode", "yolo",
                        "qwen-code.turn_status", "error",
                        "llm_propagation.outcome", "failed",
                        "duration_ms", 1250));
        for (String event : List.of("qwen-code.user_prompt", "qwen-code.conversation_finished")) {
            assertThat(telemetry.events(event))
                    .as(event)
                    .filteredOn(log -> log.getSpanContext().equals(turn.spanContext()))
                    .hasSize(1);
        }
    }

    @Test
    void instruments_haveTheUnitsOfTheTable() {
        tool_isMeasuredAndTold();
        interactionAndSession_areCountedAndTold();
        pitfall_42_durationOfACallThatIsSentAgain_beginsWithItsSpan();
        modelCall_isMeasuredAgain();
        telemetry.agent.tool("t").run(tool -> tool.fileOperation(FileOperation.READ, "a.txt", 1));
        Map<String, String> units = Instruments.units(telemetry.metrics());
        assertThat(units)
                .isEqualTo(new TreeMap<>(Map.ofEntries(
                        Map.entry("gen_ai.client.operation.duration", "s"),
                        Map.entry("gen_ai.client.operation.time_to_first_chunk", "s"),
                        Map.entry("gen_ai.client.token.usage", "{token}"),
                        Map.entry("gen_ai.execute_tool.duration", "s"),
                        Map.entry("qwen-code.file.operation.count", "{operation}"),
                        Map.entry("qwen-code.api.retry.count", "{retry}"),
                        Map.entry("qwen-code.chat.content_retry.count", "{retry}"),
                        Map.entry("qwen-code.session.count", "{session}"),
                        Map.entry("qwen-code.subagent.execution.count", "{execution}"),
                        Map.entry("qwen-code.tool.call.count", "{call}"),
                        Map.entry("qwen-code.tool.call.latency", "ms"),
                        Map.entry("qwen-code.tool.execution.count", "{execution}"))));
        String seconds = "0.01 0.02 0.04 0.08 0.16 0.32 0.64 1.28 2.56 5.12 10.24 20.48 40.96 81.92";
        assertThat(Instruments.boundaries(telemetry.metrics()))
                .isEqualTo(Map.of(
                        "gen_ai.client.operation.duration", seconds,
                        "gen_ai.client.operation.time_to_first_chunk", seconds,
                        "gen_ai.execute_tool.duration", seconds,
                        "gen_ai.client.token.usage",
                                "1 4 16 64 256 1024 4096 16384 65536 262144 1048576 4194304 16777216 67108864",
                        "qwen-code.tool.call.latency", "1 5 10 50 100 500 1000 5000 10000 30000 60000 300000 600000"));
        assertThat(Arrays.stream(Metric.values())
                        .filter(metric -> !metric.isOfADaemon() && !metric.isOfMcp() && metric.isOf(Convention.EARLIER))
                        .map(metric -> metric.metricName))
                .containsExactlyInAnyOrderElementsOf(units.keySet());
    }

    private void modelCall_isMeasuredAgain() {
        LlmRequest request = agent.llmRequest("chat", "openai").start();
        request.usage(1L, 1L);
        request.completed();
    }

    @Test
    void spansMetricsAndEvents_areOfOneScope() {
        agent.sessionStarted("s", null);
        agent.interaction("p").run(turn -> turn.tool("t").run(tool -> {}));
        agent.llmRequest("chat", "openai").start().completed();

        InstrumentationScopeInfo scope = telemetry.spans().get(0).getInstrumentationScopeInfo();
        assertThat(scope.getName()).isEqualTo("dev.llmpropagation.agent");
        // the convention of GenAI that names and types are of
        assertThat(scope.getSchemaUrl()).isEqualTo("https://opentelemetry.io/schemas/1.41.1");
        assertThat(scope.getVersion()).matches("\\d+\\.\\d+\\.\\d+.*");
        assertThat(telemetry.metrics())
                .extracting(MetricData::getInstrumentationScopeInfo)
                .filteredOn(metrics -> metrics.getName().equals(scope.getName()))
                .isNotEmpty()
                .allSatisfy(metrics -> assertThat(metrics.getVersion()).isEqualTo(scope.getVersion()));
        assertThat(telemetry.events()).hasSize(4).allSatisfy(event -> {
            assertThat(event.getInstrumentationScopeInfo().getName()).isEqualTo(scope.getName());
            assertThat(event.getInstrumentationScopeInfo().getVersion()).isEqualTo(scope.getVersion());
            assertThat(event.getSeverity()).isEqualTo(Severity.INFO);
        });
    }

    private Map<String, Double> sums(String metric) {
        return telemetry.points().sums(metric);
    }

    private Map<String, Long> counts(String metric) {
        return telemetry.points().counts(metric);
    }

    private Attributes told(String event) {
        List<LogRecordData> told = telemetry.events(event);
        return Api.attributes(told.get(told.size() - 1));
    }

    private static String call(String status, boolean success, String decision) {
        return labels(
                "function_name", "search",
                "status", status,
                "success", success,
                "tool_type", "native",
                "decision", decision);
    }

    private static String typed(Attributes call, String type) {
        return call.toBuilder().put("gen_ai.token.type", type).build().toString();
    }
}
