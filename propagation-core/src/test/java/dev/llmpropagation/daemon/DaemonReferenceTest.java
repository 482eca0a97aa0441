package dev.llmpropagation.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.internal.span.Api;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.MetricDataType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** docs/daemon-reference.md is what the enums say, and telemetry has what the enums say. */
class DaemonReferenceTest {

    private static final Path PAGE = Path.of("../docs/daemon-reference.md");

    @RegisterExtension
    final DaemonExtension telemetry = new DaemonExtension();

    /** With {@code -Dreference.write=true} the page is written. */
    @Test
    void page_isGeneratedFromTheTables() throws IOException {
        if (Boolean.getBoolean("reference.write")) {
            Files.writeString(PAGE, page());
        }
        assertThat(Files.readString(PAGE)).isEqualTo(page());
    }

    @Test
    void attributes_areThoseOfTheTable() {
        everything();
        Set<AttributeKey<?>> seen = new HashSet<>();
        telemetry.spans().forEach(span -> span.getAttributes().forEach((key, value) -> {
            seen.add(key);
            assertThat(Arrays.stream(DaemonAttribute.values()))
                    .as("%s of %s", key, span.getName())
                    .anyMatch(attribute -> attribute.key.equals(key)
                            && attribute.spans.stream().anyMatch(type -> type.spanName.equals(span.getName())));
        }));
        telemetry.spans().forEach(span -> span.getEvents()
                .forEach(event -> seen.addAll(event.getAttributes().asMap().keySet())));
        telemetry
                .events()
                .forEach(log -> seen.addAll(log.getAttributes().asMap().keySet()));
        assertThat(seen)
                .containsAll(Arrays.stream(DaemonAttribute.values())
                        .map(attribute -> attribute.key)
                        .collect(Collectors.toList()));
    }

    @Test
    void metricsAndEvents_areThoseOfTheTable() {
        everything();
        List<MetricData> metrics = new ArrayList<>(telemetry.metrics());
        assertThat(metrics)
                .extracting(MetricData::getName)
                .containsExactlyInAnyOrder(Arrays.stream(DaemonMetric.values())
                        .map(metric -> metric.metricName)
                        .toArray(String[]::new));
        for (MetricData data : metrics) {
            DaemonMetric metric = Arrays.stream(DaemonMetric.values())
                    .filter(candidate -> candidate.metricName.equals(data.getName()))
                    .findFirst()
                    .orElseThrow();
            assertThat(data.getUnit()).isEqualTo(metric.unit);
            if (data.getType() == MetricDataType.HISTOGRAM) {
                assertThat(data.getHistogramData().getPoints().iterator().next().getBoundaries())
                        .containsExactlyElementsOf(
                                metric.buckets.stream().map(Long::doubleValue).toList());
            }
        }
        assertThat(telemetry.events())
                .extracting(Api::eventName)
                .contains(Arrays.stream(DaemonEvent.values())
                        .map(event -> event.eventName)
                        .toArray(String[]::new));
    }

    private void everything() {
        DaemonTelemetry daemon = telemetry.daemon;
        DaemonRequest request = daemon.request("POST", "/session/s/prompt")
                .headers(java.util.Map.of("traceparent", "junk"), DaemonExtension.HEADERS)
                .start();
        request.session("s");
        request.prompt("p");
        request.client("c");
        request.workspace("/w");
        request.permission("q");
        request.runtime(RuntimePath.STARTED_ON_REQUEST, Duration.ofMillis(1));
        DaemonChannel channel = daemon.channel("child-1");
        channel.sessionOpened("s");
        channel.message(Direction.OUTBOUND, 10);
        try (Scope ignored = request.makeCurrent()) {
            BridgeSpan step = daemon.queued().dispatch().start();
            channel.failed(DaemonError.BRIDGE_CHANNEL_CLOSED);
            channel.exited(137, false);
            step.failed(DaemonError.BRIDGE_CHANNEL_CLOSED, "gone");
            daemon.bridge(BridgeOperation.SESSION_CANCEL).start().completed();
            daemon.bridge(BridgeOperation.PROMPT_DISPATCH).start().cancelled();
        }
        request.error(DaemonError.UNKNOWN, "it broke");
        request.responded(500);
        DaemonStream stream = daemon.request("GET", "/session/s/events").start().stream("1");
        stream.wrote("2");
        stream.waited(Duration.ofMillis(1));
        stream.slow();
        stream.closed(StreamEnd.COMPLETED);
        daemon.request("POST", "/session").start();
        telemetry.passes(Duration.ofHours(5));
        daemon.sweep();
    }

    private static String page() {
        StringBuilder page = new StringBuilder("""
                # Telemetry reference of a daemon

                Generated from the tables in `dev.llmpropagation.daemon` by
                `mvn -pl propagation-core test -Dtest=DaemonReferenceTest -Dtest.args=-Dreference.write=true`; without the
                last setting the test compares. All log events have the trace and span id of what they tell of, and route,
                session, prompt and client as far as they are known.

                ## Spans

                | span | kind | parent | |
                |---|---|---|---|
                """);
        for (DaemonSpanType type : DaemonSpanType.values()) {
            row(page, code(type.spanName), type.kind, type.parent, type.description);
        }
        page.append(
                "\n`qwen-code.daemon.bridge` by `qwen-code.daemon.bridge.operation`:\n\n| operation | |\n|---|---|\n");
        for (BridgeOperation operation : BridgeOperation.values()) {
            row(page, code(operation.value()), operation.description);
        }
        page.append("""

                Span events: `channel.reused`, `channel.exited`, `channel.liveness_failed`. Where no span is open they stand on a
                span `qwen-code.daemon.bridge` of their own, with `qwen-code.daemon.operation` `event.` and the name.

                ## Attributes

                | attribute | type | on | |
                |---|---|---|---|
                """);
        for (DaemonAttribute attribute : DaemonAttribute.values()) {
            row(
                    page,
                    code(attribute.key.getKey()),
                    attribute.key.getType().name().toLowerCase(Locale.ROOT),
                    attribute.spans.isEmpty()
                            ? "events"
                            : attribute.spans.stream()
                                    .map(type -> type.name().toLowerCase(Locale.ROOT))
                                    .collect(Collectors.joining(", ")),
                    attribute.description);
        }
        page.append("\n## Metrics\n\n| metric | kind | unit | attributes | buckets | |\n|---|---|---|---|---|---|\n");
        for (DaemonMetric metric : DaemonMetric.values()) {
            row(
                    page,
                    code(metric.metricName),
                    metric.kind.name().toLowerCase(Locale.ROOT),
                    metric.unit,
                    metric.attributes,
                    metric.buckets.stream().map(Object::toString).collect(Collectors.joining(", ")),
                    metric.description);
        }
        page.append("\n## Log events\n\n| event | attributes | |\n|---|---|---|\n");
        for (DaemonEvent event : DaemonEvent.values()) {
            row(page, code(event.eventName), event.attributes, event.description);
        }
        page.append("\n`error_type` of metrics: ")
                .append(Arrays.stream(DaemonError.values())
                        .map(error -> code(error.value()))
                        .collect(Collectors.joining(", ")))
                .append(".\n");
        return page.toString();
    }

    private static void row(StringBuilder page, String... cells) {
        page.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }

    private static String code(String text) {
        return '`' + text + '`';
    }
}
