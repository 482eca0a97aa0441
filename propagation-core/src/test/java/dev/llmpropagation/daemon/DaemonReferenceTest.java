package dev.llmpropagation.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.internal.span.Api;
import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Metric;
import dev.llmpropagation.internal.span.ReferencePage;
import dev.llmpropagation.internal.span.SpanType;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.MetricDataType;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** docs/daemon-reference.md is what the enums say, and telemetry has what the enums say. */
class DaemonReferenceTest {

    private static final ReferencePage TABLES = new ReferencePage(true);

    @RegisterExtension
    final DaemonExtension telemetry = new DaemonExtension();

    @Test
    void page_isGeneratedFromTheTables() throws IOException {
        assertThat(ReferencePage.stored("daemon-reference.md", page())).isEqualTo(page());
    }

    @Test
    void attributes_areThoseOfTheTable() {
        everything();
        Set<AttributeKey<?>> seen = new HashSet<>();
        telemetry.spans().forEach(span -> span.getAttributes().forEach((key, value) -> {
            seen.add(key);
            assertThat(Arrays.stream(Attribute.values()))
                    .as("%s of %s", key, span.getName())
                    .anyMatch(attribute -> attribute.is(key)
                            && attribute.spans.stream().anyMatch(type -> type.referenceName.equals(span.getName())));
        }));
        telemetry.spans().forEach(span -> span.getEvents()
                .forEach(event -> seen.addAll(event.getAttributes().asMap().keySet())));
        telemetry
                .events()
                .forEach(log -> seen.addAll(log.getAttributes().asMap().keySet()));
        assertThat(seen)
                .containsAll(Stream.concat(
                                Arrays.stream(Attribute.values()).filter(attribute -> attribute.spans.stream()
                                        .anyMatch(SpanType::isOfADaemon)),
                                TABLES.eventsOf().stream().flatMap(event -> event.attributes.stream()))
                        .<AttributeKey<?>>map(Attribute::key)
                        .toList());
    }

    @Test
    void metricsAndEvents_areThoseOfTheTable() {
        everything();
        List<MetricData> metrics = new ArrayList<>(telemetry.metrics());
        assertThat(metrics)
                .extracting(MetricData::getName)
                .containsExactlyInAnyOrder(TABLES.metricsOf().stream()
                        .map(metric -> metric.metricName)
                        .toArray(String[]::new));
        for (MetricData data : metrics) {
            Metric metric = TABLES.metricsOf().stream()
                    .filter(candidate -> candidate.metricName.equals(data.getName()))
                    .findFirst()
                    .orElseThrow();
            assertThat(data.getUnit()).isEqualTo(metric.unit);
            if (data.getType() == MetricDataType.HISTOGRAM) {
                assertThat(data.getHistogramData().getPoints().iterator().next().getBoundaries())
                        .containsExactlyElementsOf(metric.buckets);
            }
        }
        assertThat(telemetry.events())
                .extracting(Api::eventName)
                .contains(
                        TABLES.eventsOf().stream().map(event -> event.eventName).toArray(String[]::new));
    }

    private void everything() {
        telemetry.daemon.close(); // has the same gauges
        DaemonTelemetry daemon = telemetry.with(options -> options.childStderr(line -> line));
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
        channel.sessionOpened("s", "/w");
        for (int i = 0; i < 201; i++) {
            channel.stderr("line");
        }
        telemetry.passes(Duration.ofSeconds(1));
        channel.stderr("line");
        channel.restarted("child-2").exited(0, true);
        channel.message(Direction.OUTBOUND, 10);
        try (Scope ignored = request.makeCurrent()) {
            BridgeSpan step = daemon.queued().dispatch().start();
            channel.failed(DaemonError.BRIDGE_CHANNEL_CLOSED);
            step.permission("q");
            for (int i = 0; i < 102; i++) {
                step.permissionRequested("q-" + i);
            }
            channel.exited(137, false);
            step.failed(DaemonError.BRIDGE_CHANNEL_CLOSED, "gone");
            daemon.bridge(BridgeOperation.SESSION_NEW).start().failed(new IllegalStateException());
            daemon.bridge(BridgeOperation.SESSION_CANCEL).start().completed();
            daemon.bridge(BridgeOperation.PROMPT_DISPATCH).start().cancelled();
        }
        request.error(DaemonError.UNKNOWN, "it broke");
        request.responded(500);
        DaemonStream stream = daemon.request("GET", "/session/s/events").start().stream("1");
        stream.wrote("2");
        stream.waited(Duration.ofMillis(1));
        stream.slow();
        stream.reconnected("before", StreamEnd.EVICTED);
        stream.resyncRequired();
        stream.publishFailed(new IllegalStateException());
        stream.closed(StreamEnd.EVICTED);
        daemon.request("POST", "/session").start();
        telemetry.passes(Duration.ofHours(5), daemon::sweep);
    }

    private static String page() {
        ReferencePage page = new ReferencePage(true).text("""
                # Telemetry reference of a daemon

                Generated from the tables in `dev.llmpropagation.internal.span` by `DaemonReferenceTest` (see
                [CONTRIBUTING.md](../CONTRIBUTING.md#build-and-test)). All log events have the trace and span id of what they tell
                of, and route, session, prompt and client as far as they are known.

                ## Spans

                | span | kind | parent | |
                |---|---|---|---|
                """);
        for (SpanType type : SpanType.values()) {
            if (type.isOfADaemon()) {
                page.row(ReferencePage.code(type.referenceName), type.kind.name(), type.parent, type.description);
            }
        }
        page.text(
                "\n`qwen-code.daemon.bridge` by `qwen-code.daemon.bridge.operation`:\n\n| operation | |\n|---|---|\n");
        for (BridgeOperation operation : BridgeOperation.values()) {
            page.row(ReferencePage.code(operation.value()), operation.description);
        }
        return page.text("""

                Span events: `channel.reused`, `channel.restarted`, `channel.exited`, `channel.liveness_failed`. Where no span is open they
                stand on a span `qwen-code.daemon.bridge` of their own, with `qwen-code.daemon.operation` `event.` and the name, and
                with nothing else of what is below: it has no outcome, as it only tells. Of
                a step that asks the user: `permission.requested`, `permission.answered`, `permission.cancelled`, each with
                `qwen-code.daemon.permission.request_id`. Of a dispatch whose client was let go: `sse.evicted`, with
                `qwen-code.daemon.sse.stream_id`.

                ## Attributes

                """)
                .attributes()
                .metrics()
                .text("""

                However many paths, ids and texts come from outside, a daemon has at most 9 series for each route of its catalogue,
                one for each kind of error, and 51 others.
                """)
                .events()
                .text(
                        "\n`error.type`, and `error_type` of metrics, is one of the program's own kinds (`errorKinds(…)`) or: ")
                .text(Arrays.stream(DaemonError.values())
                        .map(error -> ReferencePage.code(error.value()))
                        .collect(Collectors.joining(", ")))
                .text(".\n")
                .toString();
    }
}
