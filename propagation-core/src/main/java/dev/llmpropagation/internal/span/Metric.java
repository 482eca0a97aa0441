package dev.llmpropagation.internal.span;

import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.LongHistogram;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableLongGauge;
import io.opentelemetry.api.metrics.ObservableLongMeasurement;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Every metric, but for that of the HTTP convention. Rows of docs/telemetry-reference.md and docs/daemon-reference.md. The
 * convention is moving, so a name stands nowhere else.
 */
@SuppressWarnings("ImmutableEnumChecker") // List.of is immutable
public enum Metric {
    TOOL_DURATION(
            Convention.EARLIER,
            "gen_ai.execute_tool.duration",
            "s",
            Bucket.SECONDS,
            "The duration of a single tool execution.",
            Attribute.TOOL_NAME,
            Attribute.ERROR_TYPE),
    EXECUTE_TOOL_DURATION(
            Convention.V0_1,
            "gen_ai.execute_tool.duration",
            "s",
            Bucket.SECONDS,
            "The duration of a single tool execution.",
            Attribute.TOOL_NAME,
            Attribute.TOOL_TYPE,
            Attribute.AGENT_NAME,
            Attribute.ERROR_TYPE),
    TOOL_CALLS(
            "qwen-code.tool.call.count",
            "{call}",
            "Tool calls.",
            Attribute.FUNCTION_NAME,
            Attribute.STATUS,
            Attribute.SUCCESS,
            Attribute.DECISION,
            Attribute.TOOL_KIND),
    TOOL_LATENCY(
            "qwen-code.tool.call.latency",
            "ms",
            Bucket.MILLIS,
            "Duration of tool calls, approval included.",
            Attribute.FUNCTION_NAME),
    TOOL_EXECUTIONS(
            "qwen-code.tool.execution.count",
            "{execution}",
            "Runs of tools.",
            Attribute.EXECUTION_STATUS,
            Attribute.TOOL_KIND),
    SUBAGENTS("qwen-code.subagent.execution.count", "{execution}", "Runs of subagents.", Attribute.STATUS),
    SESSIONS("qwen-code.session.count", "{session}", "Sessions started."),
    RETRIES("qwen-code.api.retry.count", "{retry}", "Model calls sent again.", Attribute.RETRIED_MODEL),
    CONTENT_RETRIES(
            "qwen-code.chat.content_retry.count",
            "{retry}",
            "Model calls made again because the response was of no use."),
    INVOKE_AGENT_DURATION(
            Convention.V0_1,
            "gen_ai.invoke_agent.duration",
            "s",
            Bucket.AGENT_SECONDS,
            "The end-to-end duration of a single agent invocation, from the moment the invocation starts until the agent"
                    + " emits the last chunk of its final response or terminates with an error.",
            Attribute.AGENT_NAME,
            Attribute.ERROR_TYPE),
    INVOKE_AGENT_INFERENCE_CALLS(
            Convention.V0_1,
            "gen_ai.invoke_agent.inference_calls",
            "{inference_call}",
            Bucket.CALLS,
            "The number of inference calls made by the agent during a single invocation.",
            Attribute.AGENT_NAME),
    INVOKE_AGENT_TOOL_CALLS(
            Convention.V0_1,
            "gen_ai.invoke_agent.tool_calls",
            "{tool_call}",
            Bucket.CALLS,
            "The number of tool calls made by the agent during a single invocation.",
            Attribute.AGENT_NAME),
    OPERATION_DURATION(
            "gen_ai.client.operation.duration", "s", Bucket.SECONDS, "GenAI operation duration.", Label.ofAnEnd()),
    TIME_TO_FIRST_CHUNK(
            Convention.EARLIER,
            "gen_ai.client.operation.time_to_first_chunk",
            "s",
            Bucket.SECONDS,
            Label.FIRST_CHUNK,
            Label.ofAnEnd()),
    TOKEN_USAGE(
            Convention.EARLIER,
            "gen_ai.client.token.usage",
            "{token}",
            Bucket.TOKENS,
            "Number of input and output tokens used.",
            Label.ofAnEnd(Attribute.TOKEN_TYPE)),
    INFERENCE_DURATION(
            Convention.V0_1,
            "gen_ai.client.inference.duration",
            "s",
            Bucket.SECONDS,
            "GenAI client inference operation duration.",
            Label.ofAnEnd()),
    INFERENCE_TIME_TO_FIRST_CHUNK(
            Convention.V0_1,
            "gen_ai.client.inference.time_to_first_chunk",
            "s",
            Bucket.SECONDS,
            Label.FIRST_CHUNK,
            Label.ofACall()),
    INFERENCE_TIME_PER_OUTPUT_CHUNK(
            Convention.V0_1,
            "gen_ai.client.inference.time_per_output_chunk",
            "s",
            Bucket.SECONDS,
            "Time per output chunk, recorded for each chunk received after the first one, measured as the time elapsed"
                    + " from the end of the previous chunk to the end of the current chunk.",
            Label.ofACall()),
    USED_INPUT_TOKENS(
            Convention.V0_1,
            "gen_ai.client.inference.usage.input_tokens",
            "{token}",
            "The number of input (prompt) tokens used, including cached tokens.",
            Label.ofACall(Attribute.TOKEN_MODALITY)),
    USED_OUTPUT_TOKENS(
            Convention.V0_1,
            "gen_ai.client.inference.usage.output_tokens",
            "{token}",
            "The number of output (completion) tokens used, including reasoning tokens.",
            Label.ofACall(Attribute.TOKEN_MODALITY)),
    USED_CACHE_READ_TOKENS(
            Convention.V0_1,
            "gen_ai.client.inference.usage.cache_read.input_tokens",
            "{token}",
            "The number of input tokens served from a provider-managed cache.",
            Label.ofACall(Attribute.TOKEN_MODALITY)),
    USED_CACHE_WRITE_TOKENS(
            Convention.V0_1,
            "gen_ai.client.inference.usage.cache_write.input_tokens",
            "{token}",
            "The number of input tokens written to a provider-managed cache.",
            Label.ofACall(Attribute.TOKEN_MODALITY)),
    USED_REASONING_TOKENS(
            Convention.V0_1,
            "gen_ai.client.inference.usage.reasoning.output_tokens",
            "{token}",
            "The number of output tokens used for reasoning (e.g. chain-of-thought, extended thinking).",
            Label.ofACall(Attribute.TOKEN_MODALITY)),
    INFERENCE_INPUT_TOKENS(
            Convention.V0_1,
            "gen_ai.client.inference.operation.input_tokens",
            "{token}",
            Bucket.TOKENS,
            "The number of input (prompt) tokens used per inference operation.",
            Label.ofACall()),
    INFERENCE_OUTPUT_TOKENS(
            Convention.V0_1,
            "gen_ai.client.inference.operation.output_tokens",
            "{token}",
            Bucket.TOKENS,
            "The number of output (completion) tokens used per inference operation.",
            Label.ofACall()),
    EMBEDDINGS_DURATION(
            Convention.V0_1,
            "gen_ai.client.embeddings.duration",
            "s",
            Bucket.SECONDS,
            "GenAI client embeddings operation duration.",
            Label.ofAnEnd()),
    EMBEDDINGS_INPUT_TOKENS(
            Convention.V0_1,
            "gen_ai.client.embeddings.operation.input_tokens",
            "{token}",
            Bucket.TOKENS,
            "The number of input tokens used per embeddings operation.",
            Label.ofACall()),

    MCP_CLIENT_OPERATION(
            "mcp.client.operation.duration",
            "s",
            Bucket.MCP_SECONDS,
            "The duration of the MCP request or notification as observed on the sender from the time it was sent until"
                    + " the response or ack is received.",
            Label.ofMcp(Attribute.SERVER_ADDRESS, Attribute.SERVER_PORT)),
    MCP_SERVER_OPERATION(
            "mcp.server.operation.duration",
            "s",
            Bucket.MCP_SECONDS,
            "MCP request or notification duration as observed on the receiver from the time it was received until the"
                    + " result or ack is sent.",
            Label.ofMcp()),
    MCP_CLIENT_SESSION(
            "mcp.client.session.duration",
            "s",
            Bucket.MCP_SECONDS,
            "The duration of the MCP session as observed on the MCP client.",
            Label.ofMcpSession(Attribute.SERVER_ADDRESS, Attribute.SERVER_PORT)),
    MCP_SERVER_SESSION(
            "mcp.server.session.duration",
            "s",
            Bucket.MCP_SECONDS,
            "The duration of the MCP session as observed on the MCP server.",
            Label.ofMcpSession()),

    FILE_OPERATIONS(
            "qwen-code.file.operation.count",
            "{operation}",
            "Files that tools worked on.",
            Attribute.FILE_OPERATION,
            Attribute.FILE_EXTENSION),

    DAEMON_REQUESTS(
            "qwen-code.daemon.http.request.count",
            "{request}",
            "Requests that ended, answered or not, without streams of events.",
            Attribute.ROUTE,
            Attribute.STATUS_CLASS),
    DAEMON_REQUEST_DURATION(
            "qwen-code.daemon.http.request.duration",
            "ms",
            Bucket.REQUEST_MILLIS,
            "Duration of requests, answered or not, without streams of events.",
            Attribute.ROUTE,
            Attribute.RUNTIME),
    ACTIVE_SESSIONS(
            "qwen-code.daemon.session.active",
            Kind.GAUGE,
            "{session}",
            List.of(),
            "Sessions that are open.",
            Attribute.WORKSPACE),
    DAEMON_SESSIONS(
            "qwen-code.daemon.session.lifecycle",
            "{session}",
            "Sessions begun and ended. Those of a process that was not meant to end die.",
            Attribute.ACTION),
    CHANNELS(
            "qwen-code.daemon.channel.lifecycle",
            "{process}",
            "Processes begun and ended.",
            Attribute.ACTION,
            Attribute.EXPECTED),
    QUEUE_WAIT("qwen-code.daemon.prompt.queue_wait", "ms", Bucket.WAIT_MILLIS, "Time that prompts spent in the queue."),
    PROMPT_DURATION(
            "qwen-code.daemon.prompt.duration",
            "ms",
            Bucket.PROMPT_MILLIS,
            "Duration of prompts from their dispatch, however they ended."),
    BRIDGE_ERRORS(
            "qwen-code.daemon.bridge.error.count",
            "{error}",
            "Failures of the bridge, each counted once.",
            Attribute.FAILURE),
    CANCELS("qwen-code.daemon.cancel.count", "{cancel}", "Cancels sent to processes."),
    MESSAGE_BYTES(
            "qwen-code.daemon.pipe.message_bytes",
            "By",
            Bucket.BYTES,
            "Size of messages between daemon and processes.",
            Attribute.DIRECTION),
    STREAM_EVENTS("qwen-code.daemon.sse.event.count", "{event}", "What befell streams of events.", Attribute.SSE_EVENT),
    ACTIVE_STREAMS(
            "qwen-code.daemon.sse.active", Kind.GAUGE, "{stream}", List.of(), "Streams of events that are open."),
    HEAP_USED("qwen-code.daemon.process.heap_used", Kind.GAUGE, "By", List.of(), "Heap that the daemon uses.");

    public enum Kind {
        COUNTER,
        HISTOGRAM,
        GAUGE
    }

    public final String metricName;
    public final Kind kind;
    public final String unit;
    public final List<Double> buckets;
    public final String description;
    public final List<Attribute> attributes;
    private final @Nullable Convention only;

    Metric(
            @Nullable Convention only,
            String metricName,
            Kind kind,
            String unit,
            List<Double> buckets,
            String description,
            Attribute... attributes) {
        this.only = only;
        this.metricName = metricName;
        this.kind = kind;
        this.unit = unit;
        this.buckets = buckets;
        this.description = description;
        this.attributes = List.of(attributes);
    }

    Metric(
            String metricName,
            Kind kind,
            String unit,
            List<Double> buckets,
            String description,
            Attribute... attributes) {
        this(null, metricName, kind, unit, buckets, description, attributes);
    }

    Metric(
            @Nullable Convention only,
            String metricName,
            String unit,
            List<Double> buckets,
            String description,
            Attribute... attributes) {
        this(only, metricName, Kind.HISTOGRAM, unit, buckets, description, attributes);
    }

    Metric(String metricName, String unit, List<Double> buckets, String description, Attribute... attributes) {
        this(null, metricName, Kind.HISTOGRAM, unit, buckets, description, attributes);
    }

    Metric(Convention only, String metricName, String unit, String description, Attribute... attributes) {
        this(only, metricName, Kind.COUNTER, unit, List.of(), description, attributes);
    }

    Metric(String metricName, String unit, String description, Attribute... attributes) {
        this(null, metricName, Kind.COUNTER, unit, List.of(), description, attributes);
    }

    public boolean isOf(Convention convention) {
        return only == null || only == convention;
    }

    public boolean isOfADaemon() {
        return metricName.startsWith("qwen-code.daemon.");
    }

    public boolean isOfMcp() {
        return metricName.startsWith("mcp.");
    }

    public LongCounter counter(Meter meter) {
        return meter.counterBuilder(metricName)
                .setUnit(unit)
                .setDescription(description)
                .build();
    }

    public DoubleHistogram histogram(Meter meter) {
        return meter.histogramBuilder(metricName)
                .setUnit(unit)
                .setDescription(description)
                .setExplicitBucketBoundariesAdvice(buckets)
                .build();
    }

    public LongHistogram longHistogram(Meter meter) {
        return meter.histogramBuilder(metricName)
                .setUnit(unit)
                .setDescription(description)
                .ofLongs()
                .setExplicitBucketBoundariesAdvice(
                        buckets.stream().map(Double::longValue).toList())
                .build();
    }

    public ObservableLongGauge gauge(Meter meter, LongSupplier value) {
        return gauge(meter, measurement -> measurement.record(value.getAsLong()));
    }

    public ObservableLongGauge gauge(Meter meter, Consumer<ObservableLongMeasurement> values) {
        return meter.gaugeBuilder(metricName)
                .setUnit(unit)
                .setDescription(description)
                .ofLongs()
                .buildWithCallback(values);
    }

    private static final class Label {
        static final String FIRST_CHUNK = "Time to receive the first chunk, measured from when the client issues the"
                + " generation request to when the first chunk is received in the response stream.";

        static Attribute[] ofACall(Attribute... more) {
            return Stream.concat(
                            Stream.of(
                                    Attribute.OPERATION_NAME,
                                    Attribute.PROVIDER_NAME,
                                    Attribute.REQUEST_MODEL,
                                    Attribute.RESPONSE_MODEL,
                                    Attribute.SERVER_ADDRESS,
                                    Attribute.SERVER_PORT),
                            Stream.of(more))
                    .toArray(Attribute[]::new);
        }

        static Attribute[] ofAnEnd(Attribute... more) {
            return ofACall(Stream.concat(Stream.of(Attribute.ERROR_TYPE), Stream.of(more))
                    .toArray(Attribute[]::new));
        }

        static Attribute[] ofMcp(Attribute... more) {
            return ofMcpSession(Stream.concat(
                            Stream.of(
                                    Attribute.MCP_METHOD,
                                    Attribute.TOOL_NAME,
                                    Attribute.OPERATION_NAME,
                                    Attribute.PROMPT_NAME,
                                    Attribute.RPC_STATUS_CODE),
                            Stream.of(more))
                    .toArray(Attribute[]::new));
        }

        static Attribute[] ofMcpSession(Attribute... more) {
            return Stream.concat(
                            Stream.of(
                                    Attribute.ERROR_TYPE,
                                    Attribute.MCP_PROTOCOL_VERSION,
                                    Attribute.JSONRPC_PROTOCOL_VERSION,
                                    Attribute.NETWORK_TRANSPORT,
                                    Attribute.NETWORK_PROTOCOL_NAME),
                            Stream.of(more))
                    .toArray(Attribute[]::new);
        }

        private Label() {}
    }

    private static final class Bucket {
        static final List<Double> SECONDS =
                of(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92);
        static final List<Double> AGENT_SECONDS =
                of(0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 409.6);
        static final List<Double> MCP_SECONDS = of(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300);
        static final List<Double> CALLS = of(1, 2, 4, 8, 16, 32, 64, 128);
        static final List<Double> MILLIS =
                of(1, 5, 10, 50, 100, 500, 1000, 5000, 10_000, 30_000, 60_000, 300_000, 600_000);
        static final List<Double> REQUEST_MILLIS =
                of(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000);
        static final List<Double> WAIT_MILLIS = of(1, 5, 10, 50, 100, 500, 1000, 5000, 10_000, 30_000, 60_000);
        static final List<Double> PROMPT_MILLIS =
                of(100, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000);
        static final List<Double> TOKENS = powersOfFour(0, 13);
        static final List<Double> BYTES = powersOfFour(4, 12);

        private Bucket() {}

        private static List<Double> of(double... bounds) {
            return Arrays.stream(bounds).boxed().toList();
        }

        private static List<Double> powersOfFour(int first, int last) {
            return IntStream.rangeClosed(first, last)
                    .mapToObj(power -> Math.pow(4, power))
                    .toList();
        }
    }
}
