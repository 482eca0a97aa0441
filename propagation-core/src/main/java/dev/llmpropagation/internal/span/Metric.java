package dev.llmpropagation.internal.span;

import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.LongHistogram;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableLongGauge;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Every metric, but for that of the HTTP convention. Rows of docs/telemetry-reference.md and docs/daemon-reference.md. The
 * convention is moving, so a name stands nowhere else.
 */
@SuppressWarnings("ImmutableEnumChecker") // List.of is immutable
public enum Metric {
    TOOL_DURATION(
            "gen_ai.execute_tool.duration",
            "s",
            Bucket.SECONDS,
            "Duration of tool calls, approval included.",
            Attribute.TOOL_NAME,
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
            "Model calls made again because the answer was of no use."),
    OPERATION_DURATION(
            "gen_ai.client.operation.duration", "s", Bucket.SECONDS, "Duration of model calls.", Label.ofACall()),
    TIME_TO_FIRST_CHUNK(
            "gen_ai.client.operation.time_to_first_chunk",
            "s",
            Bucket.SECONDS,
            "Time until the first chunk of a streamed answer.",
            Label.ofACall()),
    TOKEN_USAGE(
            "gen_ai.client.token.usage",
            "{token}",
            Bucket.TOKENS,
            "Tokens of model calls.",
            Label.ofACall(Attribute.TOKEN_TYPE)),

    DAEMON_REQUESTS(
            "qwen-code.daemon.http.request.count",
            "{request}",
            "Requests answered.",
            Attribute.ROUTE,
            Attribute.STATUS_CLASS),
    DAEMON_REQUEST_DURATION(
            "qwen-code.daemon.http.request.duration",
            "ms",
            Bucket.REQUEST_MILLIS,
            "Duration of requests, without streams of events.",
            Attribute.ROUTE,
            Attribute.RUNTIME),
    ACTIVE_SESSIONS("qwen-code.daemon.session.active", Kind.GAUGE, "{session}", List.of(), "Sessions that are open."),
    DAEMON_SESSIONS("qwen-code.daemon.session.lifecycle", "{session}", "Sessions begun and ended.", Attribute.ACTION),
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

    Metric(
            String metricName,
            Kind kind,
            String unit,
            List<Double> buckets,
            String description,
            Attribute... attributes) {
        this.metricName = metricName;
        this.kind = kind;
        this.unit = unit;
        this.buckets = buckets;
        this.description = description;
        this.attributes = List.of(attributes);
    }

    Metric(String metricName, String unit, List<Double> buckets, String description, Attribute... attributes) {
        this(metricName, Kind.HISTOGRAM, unit, buckets, description, attributes);
    }

    Metric(String metricName, String unit, String description, Attribute... attributes) {
        this(metricName, Kind.COUNTER, unit, List.of(), description, attributes);
    }

    public boolean isOfADaemon() {
        return metricName.startsWith("qwen-code.daemon.");
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
        return meter.gaugeBuilder(metricName)
                .setUnit(unit)
                .setDescription(description)
                .ofLongs()
                .buildWithCallback(measurement -> measurement.record(value.getAsLong()));
    }

    private static final class Label {
        static Attribute[] ofACall(Attribute... more) {
            return Stream.concat(
                            Stream.of(
                                    Attribute.OPERATION_NAME,
                                    Attribute.PROVIDER_NAME,
                                    Attribute.REQUEST_MODEL,
                                    Attribute.RESPONSE_MODEL,
                                    Attribute.SERVER_ADDRESS,
                                    Attribute.SERVER_PORT,
                                    Attribute.ERROR_TYPE),
                            Stream.of(more))
                    .toArray(Attribute[]::new);
        }

        private Label() {}
    }

    private static final class Bucket {
        static final List<Double> SECONDS =
                of(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92);
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
