package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Instruments;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import java.util.List;

/**
 * Every metric of the agent layer and of model calls. Rows of docs/telemetry-reference.md. The convention is moving, so a
 * name stands nowhere else.
 */
@SuppressWarnings("ImmutableEnumChecker") // List.of is immutable
enum AgentMetric {
    TOOL_DURATION(
            "gen_ai.execute_tool.duration",
            "s",
            Bucket.SECONDS,
            "Duration of tool calls, approval included.",
            "`gen_ai.tool.name`, `error.type`"),
    TOOL_CALLS(
            "qwen-code.tool.call.count",
            "{call}",
            List.of(),
            "Tool calls.",
            "`function_name`, `status`, `success`, `decision`, `tool_type`"),
    TOOL_LATENCY(
            "qwen-code.tool.call.latency",
            "ms",
            Bucket.MILLIS,
            "Duration of tool calls, approval included.",
            "`function_name`"),
    TOOL_EXECUTIONS(
            "qwen-code.tool.execution.count",
            "{execution}",
            List.of(),
            "Runs of tools.",
            "`execution_status`, `tool_type`"),
    SUBAGENTS("qwen-code.subagent.execution.count", "{execution}", List.of(), "Runs of subagents.", "`status`"),
    SESSIONS("qwen-code.session.count", "{session}", List.of(), "Sessions started.", ""),
    RETRIES("qwen-code.api.retry.count", "{retry}", List.of(), "Model calls sent again.", "`model`"),
    CONTENT_RETRIES(
            "qwen-code.chat.content_retry.count",
            "{retry}",
            List.of(),
            "Model calls made again because the answer was of no use.",
            ""),
    OPERATION_DURATION(
            "gen_ai.client.operation.duration",
            "s",
            Bucket.SECONDS,
            "Duration of model calls.",
            "`gen_ai.operation.name`, `gen_ai.provider.name`, `gen_ai.request.model`, `gen_ai.response.model`, `server.address`, `server.port`, `error.type`"),
    TIME_TO_FIRST_CHUNK(
            "gen_ai.client.operation.time_to_first_chunk",
            "s",
            Bucket.SECONDS,
            "Time until the first chunk of a streamed answer.",
            "as `gen_ai.client.operation.duration`"),
    TOKEN_USAGE(
            "gen_ai.client.token.usage",
            "{token}",
            Bucket.TOKENS,
            "Tokens of model calls.",
            "as `gen_ai.client.operation.duration`, and `gen_ai.token.type`");

    final String metricName;
    final String unit;
    final List<Double> buckets;
    final String description;
    final String attributes;

    AgentMetric(String metricName, String unit, List<Double> buckets, String description, String attributes) {
        this.metricName = metricName;
        this.unit = unit;
        this.buckets = buckets;
        this.description = description;
        this.attributes = attributes;
    }

    boolean isCounter() {
        return buckets.isEmpty();
    }

    LongCounter counter(Meter meter) {
        return Instruments.counter(meter, metricName, unit, description);
    }

    DoubleHistogram histogram(Meter meter) {
        return Instruments.histogram(meter, metricName, unit, description, buckets);
    }

    private static final class Bucket {
        static final List<Double> SECONDS =
                List.of(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92);
        static final List<Double> MILLIS = List.of(
                1.0, 5.0, 10.0, 50.0, 100.0, 500.0, 1000.0, 5000.0, 10_000.0, 30_000.0, 60_000.0, 300_000.0, 600_000.0);
        static final List<Double> TOKENS = List.of(
                1.0,
                4.0,
                16.0,
                64.0,
                256.0,
                1024.0,
                4096.0,
                16_384.0,
                65_536.0,
                262_144.0,
                1_048_576.0,
                4_194_304.0,
                16_777_216.0,
                67_108_864.0);

        private Bucket() {}
    }
}
