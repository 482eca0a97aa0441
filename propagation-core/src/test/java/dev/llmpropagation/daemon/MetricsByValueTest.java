package dev.llmpropagation.daemon;

import static dev.llmpropagation.daemon.DaemonExtension.number;
import static dev.llmpropagation.daemon.DaemonExtension.string;
import static dev.llmpropagation.fixtures.MetricPoints.labels;
import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.fixtures.Instruments;
import dev.llmpropagation.fixtures.MetricPoints;
import dev.llmpropagation.internal.span.Api;
import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.Metric;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every point of every metric of a daemon, and what events, links and streams say, by value. */
class MetricsByValueTest {

    @RegisterExtension
    final DaemonExtension telemetry = new DaemonExtension();

    @Test
    void request_isMeasuredInMillisecondsByRouteAndHowItCameToItsProcess() {
        DaemonRequest plain = telemetry.request("POST", "/session");
        telemetry.passes(Duration.ofMillis(1500));
        plain.responded(200);
        DaemonRequest joined = telemetry.request("POST", "/session");
        joined.runtime(RuntimePath.JOINED, Duration.ZERO);
        telemetry.passes(Duration.ofMillis(250));
        joined.responded(404);
        DaemonRequest started = telemetry.request("POST", "/session");
        started.runtime(RuntimePath.STARTED_ON_REQUEST, Duration.ZERO);
        telemetry.passes(Duration.ofMillis(125));
        started.responded(302);

        assertThat(exemplars(Metric.DAEMON_REQUEST_DURATION))
                .contains(plain.spanContext().getSpanId(), joined.spanContext().getSpanId());
        assertThat(sums(Metric.DAEMON_REQUEST_DURATION))
                .isEqualTo(Map.of(
                        labels("route", "POST /session"), 1500.0,
                        labels("route", "POST /session", "runtime_path", "joined"), 250.0,
                        labels("route", "POST /session", "runtime_path", "started_on_request"), 125.0));
        assertThat(counts(Metric.DAEMON_REQUESTS))
                .isEqualTo(Map.of(
                        labels("route", "POST /session", "status_class", "2xx"), 1L,
                        labels("route", "POST /session", "status_class", "3xx"), 1L,
                        labels("route", "POST /session", "status_class", "4xx"), 1L));
    }

    @Test
    void spansMetricsAndEvents_areOfOneScope() {
        DaemonRequest request = telemetry.request("POST", "/session");
        request.responded(500);

        InstrumentationScopeInfo scope = telemetry.span().getInstrumentationScopeInfo();
        assertThat(scope.getName()).isEqualTo("dev.llmpropagation.daemon");
        assertThat(scope.getVersion()).matches("\\d+\\.\\d+\\.\\d+.*");
        // most of its names are in no schema
        assertThat(scope.getSchemaUrl()).isNull();
        assertThat(telemetry.metrics())
                .extracting(MetricData::getInstrumentationScopeInfo)
                .filteredOn(metrics -> metrics.getName().equals(scope.getName()))
                .isNotEmpty()
                .allSatisfy(metrics -> assertThat(metrics.getVersion()).isEqualTo(scope.getVersion()));
        assertThat(telemetry.events()).singleElement().satisfies(event -> {
            assertThat(event.getInstrumentationScopeInfo().getName()).isEqualTo(scope.getName());
            assertThat(event.getInstrumentationScopeInfo().getVersion()).isEqualTo(scope.getVersion());
            assertThat(event.getSeverity()).isEqualTo(Severity.ERROR);
        });
    }

    @Test
    void prompt_isMeasuredFromItsDispatchAndItsWaitApart() {
        QueuedPrompt queued = telemetry.daemon.queued();
        telemetry.passes(Duration.ofMillis(40));
        BridgeSpan step = queued.dispatch().session("s-1").start();
        telemetry.passes(Duration.ofMillis(700));
        step.completed();

        assertThat(exemplars(Metric.PROMPT_DURATION))
                .contains(step.spanContext().getSpanId());
        assertThat(sums(Metric.QUEUE_WAIT)).isEqualTo(Map.of("{}", 40.0));
        assertThat(sums(Metric.PROMPT_DURATION)).isEqualTo(Map.of("{}", 700.0));
        assertThat(number(telemetry.span(step), Attribute.QUEUE_WAIT)).isEqualTo(40);
    }

    @Test
    void processesSessionsAndMessages_areCountedByWhatBecameOfThem() {
        DaemonChannel expected = telemetry.daemon.channel("a");
        DaemonChannel unexpected = telemetry.daemon.channel("b");
        expected.sessionOpened("s-1");
        expected.sessionOpened("s-2");
        expected.sessionClosed("s-1");
        unexpected.sessionOpened("s-3");
        assertThat(counts(Metric.ACTIVE_SESSIONS)).isEqualTo(Map.of("{}", 2L));
        expected.message(Direction.INBOUND, 100);
        expected.message(Direction.OUTBOUND, 3000);
        expected.exited(0, true);
        unexpected.exited(1, false);
        telemetry.daemon.channel("c").exited(1, false);
        telemetry.daemon.bridge(BridgeOperation.SESSION_CANCEL).run(step -> {});

        assertThat(counts(Metric.CHANNELS))
                .isEqualTo(Map.of(
                        labels("action", "spawn"), 3L,
                        labels("action", "exit", "expected", true), 1L,
                        labels("action", "exit", "expected", false), 2L));
        assertThat(counts(Metric.DAEMON_SESSIONS))
                .isEqualTo(Map.of(
                        labels("action", "spawn"), 3L, labels("action", "close"), 2L, labels("action", "die"), 1L));
        assertThat(sums(Metric.MESSAGE_BYTES))
                .isEqualTo(Map.of(labels("direction", "inbound"), 100.0, labels("direction", "outbound"), 3000.0));
        assertThat(counts(Metric.CANCELS)).isEqualTo(Map.of("{}", 1L));
    }

    @Test
    void severityOfAnExit_tellsWhetherItWasMeant() {
        DaemonChannel expected = telemetry.daemon.channel("a");
        expected.sessionOpened("s-1");
        expected.exited(0, true);
        DaemonChannel unexpected = telemetry.daemon.channel("b");
        unexpected.sessionOpened("s-2");
        unexpected.exited(137, false);

        assertThat(telemetry.events(LogEvent.CHANNEL_EXITED))
                .extracting(LogRecordData::getSeverity)
                .containsExactly(Severity.INFO, Severity.ERROR);
        assertThat(telemetry.events(LogEvent.SESSION_DIED))
                .extracting(LogRecordData::getSeverity)
                .containsExactly(Severity.ERROR);
        assertThat(telemetry.events(LogEvent.SESSION_DIED))
                .extracting(log -> string(log, Attribute.SESSION_ID))
                .containsExactly("s-2");
        assertThat(Api.attributes(telemetry.events(LogEvent.CHANNEL_EXITED).get(1)))
                .isEqualTo(MetricPoints.attributes(
                        "qwen-code.daemon.acp_channel.id",
                        "b",
                        "qwen-code.daemon.channel.exit_code",
                        137,
                        "qwen-code.daemon.channel.session_count",
                        1,
                        "qwen-code.daemon.channel.expected",
                        false,
                        "qwen-code.daemon.channel.signal",
                        "SIGKILL"));
    }

    @Test
    void failedChannel_isAnErrorOfItsKind() {
        DaemonChannel channel = telemetry.daemon.channel("a");
        channel.sessionOpened("s-1");
        channel.failed(DaemonError.BRIDGE_TIMEOUT);

        LogRecordData log = telemetry.events(LogEvent.CHANNEL_FAILED).get(0);
        assertThat(log.getSeverity()).isEqualTo(Severity.ERROR);
        assertThat(Api.attributes(log))
                .isEqualTo(MetricPoints.attributes(
                        "qwen-code.daemon.acp_channel.id", "a",
                        "qwen-code.daemon.channel.session_count", 1,
                        "error.type", "BridgeTimeoutError"));
        channel.exited(0, true);
    }

    @Test
    void heap_isWhatTheJvmUses() {
        long total = Runtime.getRuntime().totalMemory();

        assertThat(counts(Metric.HEAP_USED).get("{}"))
                .isBetween(1024L * 1024, Math.max(total, Runtime.getRuntime().totalMemory()));
    }

    @ParameterizedTest
    @CsvSource({
        "COMPLETED, completed, completed",
        "CLIENT_CLOSED, client_closed, interrupted",
        "EVICTED, evicted, cancelled",
        "SHUTDOWN, shutdown, cancelled",
        "FAILED, failed, failed",
    })
    void endOfAStream_isToldOnSpanAndLog(StreamEnd end, String reason, String outcome) {
        DaemonRequest request = telemetry.request("GET", "/session/s-1/events");
        DaemonStream stream = request.stream(null);
        assertThat(counts(Metric.ACTIVE_STREAMS)).isEqualTo(Map.of("{}", 1L));
        stream.wrote("7");
        stream.waited(Duration.ofMillis(30));
        stream.waited(Duration.ofMillis(20));
        stream.slow();
        stream.slow();
        stream.slow();
        telemetry.passes(Duration.ofMillis(900));
        stream.closed(end);

        SpanData span = telemetry.span();
        Attributes told = MetricPoints.attributes(
                "qwen-code.daemon.sse.duration_ms", 900,
                "qwen-code.daemon.sse.event_frames_write_settled", 1,
                "qwen-code.daemon.sse.backpressure_count", 2,
                "qwen-code.daemon.sse.max_drain_wait_ms", 30,
                "qwen-code.daemon.sse.slow_warning_count", 3,
                "qwen-code.daemon.sse.close_reason", reason,
                "qwen-code.daemon.sse.last_event_id_written", "7");
        assertThat(span.getAttributes().asMap()).containsAllEntriesOf(told.asMap());
        assertThat(string(span, Attribute.OUTCOME)).isEqualTo(outcome);
        LogRecordData log = telemetry.events(LogEvent.STREAM_CLOSED).get(0);
        assertThat(log.getSeverity()).isEqualTo(Severity.INFO);
        assertThat(log.getAttributes().asMap()).containsAllEntriesOf(told.asMap());
        assertThat(string(log, Attribute.HTTP_ROUTE)).isEqualTo("GET /session/:id/events");
    }

    @Test
    void link_namesItsKindAndTheCaller() {
        String trace = "0123456789abcdef0123456789abcdef";
        telemetry
                .with(options -> options.inboundTrace(InboundTrace.LINK))
                .request("POST", "/session")
                .headers(Map.of("traceparent", "00-" + trace + "-0123456789abcdef-01"), DaemonExtension.HEADERS)
                .start()
                .responded(200);

        LinkData link = telemetry.span().getLinks().get(0);
        assertThat(link.getAttributes()).isEqualTo(MetricPoints.attributes("qwen-code.link.kind", "caller"));
        assertThat(link.getSpanContext()).extracting(SpanContext::getTraceId).isEqualTo(trace);
    }

    @Test
    void instruments_haveTheUnitsOfTheTable() {
        processesSessionsAndMessages_areCountedByWhatBecameOfThem();
        prompt_isMeasuredFromItsDispatchAndItsWaitApart();
        request_isMeasuredInMillisecondsByRouteAndHowItCameToItsProcess();
        BridgeSpan failing = telemetry.bridge(BridgeOperation.SESSION_NEW);
        failing.failed(DaemonError.BRIDGE_TIMEOUT, "late");
        telemetry.daemon.channel("c").message(Direction.INBOUND, 1);
        Map<String, String> units = Instruments.units(telemetry.metrics());
        assertThat(units)
                .isEqualTo(new TreeMap<>(Map.ofEntries(
                        Map.entry("qwen-code.daemon.bridge.error.count", "{error}"),
                        Map.entry("qwen-code.daemon.cancel.count", "{cancel}"),
                        Map.entry("qwen-code.daemon.channel.lifecycle", "{process}"),
                        Map.entry("qwen-code.daemon.http.request.count", "{request}"),
                        Map.entry("qwen-code.daemon.http.request.duration", "ms"),
                        Map.entry("qwen-code.daemon.pipe.message_bytes", "By"),
                        Map.entry("qwen-code.daemon.process.heap_used", "By"),
                        Map.entry("qwen-code.daemon.prompt.duration", "ms"),
                        Map.entry("qwen-code.daemon.prompt.queue_wait", "ms"),
                        Map.entry("qwen-code.daemon.session.active", "{session}"),
                        Map.entry("qwen-code.daemon.session.lifecycle", "{session}"),
                        Map.entry("qwen-code.daemon.sse.active", "{stream}"))));
        assertThat(Instruments.boundaries(telemetry.metrics()))
                .isEqualTo(Map.of(
                        "qwen-code.daemon.http.request.duration",
                                "1 2 5 10 25 50 100 250 500 1000 2500 5000 10000 30000",
                        "qwen-code.daemon.pipe.message_bytes",
                                "256 1024 4096 16384 65536 262144 1048576 4194304 16777216",
                        "qwen-code.daemon.prompt.queue_wait", "1 5 10 50 100 500 1000 5000 10000 30000 60000",
                        "qwen-code.daemon.prompt.duration",
                                "100 500 1000 2500 5000 10000 30000 60000 120000 300000 600000"));
        assertThat(counts(Metric.BRIDGE_ERRORS)).isEqualTo(Map.of(labels("error_type", "BridgeTimeoutError"), 1L));
    }

    private Map<String, Double> sums(Metric metric) {
        return telemetry.points().sums(metric.metricName);
    }

    private Map<String, Long> counts(Metric metric) {
        return telemetry.points().counts(metric.metricName);
    }

    /** Collecting takes them away. */
    private List<String> exemplars(Metric metric) {
        return telemetry.points().exemplars(metric.metricName);
    }
}
