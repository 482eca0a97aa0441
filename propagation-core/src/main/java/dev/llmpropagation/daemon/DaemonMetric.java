package dev.llmpropagation.daemon;

import dev.llmpropagation.internal.span.Instruments;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.LongHistogram;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableLongGauge;
import java.util.List;
import java.util.function.LongSupplier;

/** Every metric of a daemon. Rows of docs/daemon-reference.md. */
@SuppressWarnings("ImmutableEnumChecker") // List.of is immutable
enum DaemonMetric {
    REQUESTS(
            "qwen-code.daemon.http.request.count",
            "{request}",
            Kind.COUNTER,
            List.of(),
            "Requests answered.",
            "`route`, `status_class`"),
    REQUEST_DURATION(
            "qwen-code.daemon.http.request.duration",
            "ms",
            Kind.HISTOGRAM,
            List.of(1L, 2L, 5L, 10L, 25L, 50L, 100L, 250L, 500L, 1000L, 2500L, 5000L, 10_000L, 30_000L),
            "Duration of requests, without streams of events.",
            "`route`, `runtime_path`"),
    ACTIVE_SESSIONS(
            "qwen-code.daemon.session.active", "{session}", Kind.GAUGE, List.of(), "Sessions that are open.", ""),
    SESSIONS(
            "qwen-code.daemon.session.lifecycle",
            "{session}",
            Kind.COUNTER,
            List.of(),
            "Sessions begun and ended.",
            "`action`: `spawn`, `close` or `die`"),
    CHANNELS(
            "qwen-code.daemon.channel.lifecycle",
            "{process}",
            Kind.COUNTER,
            List.of(),
            "Processes begun and ended.",
            "`action`: `spawn` or `exit`, `expected`"),
    QUEUE_WAIT(
            "qwen-code.daemon.prompt.queue_wait",
            "ms",
            Kind.HISTOGRAM,
            List.of(1L, 5L, 10L, 50L, 100L, 500L, 1000L, 5000L, 10_000L, 30_000L, 60_000L),
            "Time that prompts spent in the queue.",
            ""),
    PROMPT_DURATION(
            "qwen-code.daemon.prompt.duration",
            "ms",
            Kind.HISTOGRAM,
            List.of(100L, 500L, 1000L, 2500L, 5000L, 10_000L, 30_000L, 60_000L, 120_000L, 300_000L, 600_000L),
            "Duration of prompts from their dispatch, however they ended.",
            ""),
    BRIDGE_ERRORS(
            "qwen-code.daemon.bridge.error.count",
            "{error}",
            Kind.COUNTER,
            List.of(),
            "Failures of the bridge, each counted once.",
            "`error_type`: a name of `DaemonError`, else `unknown`"),
    CANCELS("qwen-code.daemon.cancel.count", "{cancel}", Kind.COUNTER, List.of(), "Cancels sent to processes.", ""),
    MESSAGE_BYTES(
            "qwen-code.daemon.pipe.message_bytes",
            "By",
            Kind.HISTOGRAM,
            List.of(256L, 1024L, 4096L, 16_384L, 65_536L, 262_144L, 1_048_576L, 4_194_304L, 16_777_216L),
            "Size of messages between daemon and processes.",
            "`direction`: `inbound` or `outbound`"),
    ACTIVE_STREAMS(
            "qwen-code.daemon.sse.active", "{stream}", Kind.GAUGE, List.of(), "Streams of events that are open.", ""),
    HEAP_USED("qwen-code.daemon.process.heap_used", "By", Kind.GAUGE, List.of(), "Heap that the daemon uses.", "");

    enum Kind {
        COUNTER,
        HISTOGRAM,
        GAUGE
    }

    final String metricName;
    final String unit;
    final Kind kind;
    final List<Long> buckets;
    final String description;
    final String attributes;

    DaemonMetric(String metricName, String unit, Kind kind, List<Long> buckets, String description, String attributes) {
        this.metricName = metricName;
        this.unit = unit;
        this.kind = kind;
        this.buckets = buckets;
        this.description = description;
        this.attributes = attributes;
    }

    LongCounter counter(Meter meter) {
        return Instruments.counter(meter, metricName, unit, description);
    }

    DoubleHistogram histogram(Meter meter) {
        return Instruments.histogram(meter, metricName, unit, description, buckets);
    }

    LongHistogram longHistogram(Meter meter) {
        return meter.histogramBuilder(metricName)
                .setUnit(unit)
                .setDescription(description)
                .ofLongs()
                .setExplicitBucketBoundariesAdvice(buckets)
                .build();
    }

    ObservableLongGauge gauge(Meter meter, LongSupplier value) {
        return meter.gaugeBuilder(metricName)
                .setUnit(unit)
                .setDescription(description)
                .ofLongs()
                .buildWithCallback(measurement -> measurement.record(value.getAsLong()));
    }
}
