package dev.llmpropagation.daemon;

import static dev.llmpropagation.daemon.DaemonExtension.number;
import static dev.llmpropagation.daemon.DaemonExtension.string;
import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.Metric;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a daemon tells of its processes, of questions to the user and of streams, by value. */
class ToldTest {

    @RegisterExtension
    final DaemonExtension telemetry = new DaemonExtension();

    private final DaemonTelemetry daemon =
            telemetry.with(options -> options.childStderr(line -> line.contains("PRIVATE") ? null : line));

    @Test
    void stderr_isToldOnTheOnlyPromptOfItsProcess_withoutCredentials() {
        DaemonChannel child = daemon.channel("child-1");
        child.sessionOpened("s-1");
        child.sessionOpened("s-2");
        BridgeSpan first = dispatch("s-1");
        child.stderr("token=hunter2 \u001b[31mfailed\u001b[0m");
        child.stderr("PRIVATE");
        child.stderr(null);
        BridgeSpan second = dispatch("s-2");
        child.stderr("whose is it?");
        first.completed();
        second.completed();

        assertThat(telemetry.events(LogEvent.CHANNEL_STDERR)).hasSize(2);
        LogRecordData certain = telemetry.events(LogEvent.CHANNEL_STDERR).get(0);
        assertThat(certain.getBodyValue().asString()).isEqualTo("REDACTED failed");
        assertThat(certain.getSpanContext()).isEqualTo(first.spanContext());
        assertThat(string(certain, Attribute.SESSION_ID)).isEqualTo("s-1");
        assertThat(string(certain, Attribute.CHANNEL_ID)).isEqualTo("child-1");
        assertThat(telemetry
                        .events(LogEvent.CHANNEL_STDERR)
                        .get(1)
                        .getSpanContext()
                        .isValid())
                .as("two prompts run")
                .isFalse();
        child.exited(0, true);
    }

    @Test
    void stderr_isBoundedAndOffByDefault() {
        telemetry.daemon.channel("quiet").stderr("line");
        DaemonChannel child = daemon.channel("child-1");
        for (int i = 0; i < 300; i++) {
            child.stderr("x".repeat(2000));
        }
        assertThat(telemetry.events(LogEvent.CHANNEL_STDERR)).hasSize(200).allSatisfy(line -> assertThat(
                        line.getBodyValue().asString().length())
                .isLessThan(1100));
        telemetry.passes(Duration.ofMillis(50));
        child.stderr("one more");

        assertThat(telemetry
                        .events(LogEvent.CHANNEL_STDERR)
                        .get(200)
                        .getAttributes()
                        .get(Attribute.STDERR_LEFT_OUT.<Long>key()))
                .isEqualTo(100);
    }

    @Test
    void questionsToTheUser_areToldOnTheStepThatWaits() {
        BridgeSpan prompt = dispatch("s-1");
        prompt.permissionRequested("q-1");
        prompt.permissionRequested("q-2");
        prompt.permissionRequested("q-3");
        telemetry.passes(Duration.ofDays(2), daemon::sweep);
        assertThat(prompt.isEnded()).as("it waits for a person").isFalse();
        prompt.permissionAnswered("q-1");
        prompt.permissionAnswered("q-1");
        prompt.permissionCancelled("q-2");
        prompt.cancelled();

        assertThat(telemetry.span(prompt).getEvents())
                .extracting(event ->
                        event.getName() + ' ' + event.getAttributes().get(Attribute.PERMISSION_ID.<String>key()))
                .containsExactly(
                        "permission.requested q-1",
                        "permission.requested q-2",
                        "permission.requested q-3",
                        "permission.answered q-1",
                        "permission.cancelled q-2",
                        "permission.cancelled q-3");
        assertThat(telemetry.events(LogEvent.PERMISSION_CANCELLED))
                .extracting(log -> string(log, Attribute.PERMISSION_ID))
                .containsExactly("q-2", "q-3");
    }

    @Test
    void questionThatNobodyAnswersForAWeek_holdsNothing() {
        BridgeSpan prompt = dispatch("s-1");
        prompt.permissionRequested("q-1");
        telemetry.passes(Duration.ofDays(7), daemon::sweep);

        assertThat(string(telemetry.span(prompt), Attribute.OUTCOME)).isEqualTo("abandoned");
    }

    /** Ids come from the process. What is over the bound is told and held by nothing. */
    @Test
    void questionsOfAStep_areBounded() {
        BridgeSpan prompt = dispatch("s-1");
        for (int i = 0; i < 5_000; i++) {
            prompt.permissionRequested("q-" + i);
        }
        prompt.permissionAnswered("q-4999");
        prompt.permissionAnswered("q-7");
        prompt.permissionRequested("q-again");
        prompt.completed();

        SpanData span = telemetry.span(prompt);
        assertThat(span.getEvents())
                .extracting(event ->
                        event.getName() + ' ' + event.getAttributes().get(Attribute.PERMISSION_ID.<String>key()))
                .contains("permission.requested q-99", "permission.answered q-7", "permission.requested q-again")
                .doesNotContain("permission.requested q-100", "permission.answered q-4999");
        assertThat(telemetry.events(LogEvent.PERMISSION_CANCELLED)).hasSize(100);
        assertThat(number(span, Attribute.PERMISSIONS_LEFT_OUT)).isEqualTo(4_900);
    }

    @Test
    void sessionThatMovedToAnotherProcess_isActiveOnce() {
        telemetry.daemon.close(); // has the same gauges
        DaemonChannel given = daemon.channel("child-1");
        given.sessionOpened("s-1");
        DaemonChannel next = given.restarted("child-2");
        next.sessionOpened("s-1");

        assertThat(telemetry.total(Metric.ACTIVE_SESSIONS)).isEqualTo(1);
        given.exited(137, false);
        assertThat(telemetry.total(Metric.ACTIVE_SESSIONS)).isEqualTo(1);
    }

    /** Nor is it lost when the exit of the process that it has left is told late, nor closed there. */
    @Test
    void sessionThatMoved_beginsAndEndsOnce() {
        DaemonChannel given = daemon.channel("child-1");
        given.sessionOpened("s-moved", "/home/ann");
        given.sessionOpened("s-lost");
        DaemonChannel next = given.restarted("child-2");
        next.sessionOpened("s-moved");
        given.sessionOpened("s-moved");
        given.sessionOpened("s-late");
        given.exited(137, false);
        next.sessionClosed("s-moved");

        assertThat(counts(Metric.DAEMON_SESSIONS, "action")).isEqualTo(Map.of("spawn", 2L, "die", 1L, "close", 1L));
        assertThat(telemetry.events(LogEvent.SESSION_DIED))
                .singleElement()
                .satisfies(log -> assertThat(string(log, Attribute.SESSION_ID)).isEqualTo("s-lost"));
        assertThat(telemetry.events(LogEvent.CHANNEL_EXITED)).singleElement().satisfies(log -> assertThat(
                        log.getAttributes().get(Attribute.CHANNEL_SESSION_COUNT.<Long>key()))
                .isEqualTo(1));
    }

    @Test
    void sessionThatMoved_keepsItsWorkspace_andIsClosedOnceAtTheEnd() {
        telemetry.daemon.close(); // has the same gauges
        DaemonChannel given = daemon.channel("child-1");
        given.sessionOpened("s-1", "/home/ann");
        DaemonChannel next = given.restarted("child-2");
        next.sessionOpened("s-1");
        assertThat(counts(Metric.ACTIVE_SESSIONS, "workspace"))
                .isEqualTo(Map.of("", 0L, Workspaces.hash("/home/ann"), 1L));
        DaemonChannel third = next.restarted("child-3");
        third.sessionOpened("s-1", "/home/bob");
        assertThat(counts(Metric.ACTIVE_SESSIONS, "workspace"))
                .isEqualTo(Map.of("", 0L, Workspaces.hash("/home/ann"), 0L, Workspaces.hash("/home/bob"), 1L));
        daemon.close();

        assertThat(counts(Metric.DAEMON_SESSIONS, "action")).isEqualTo(Map.of("spawn", 1L, "close", 1L));
    }

    @Test
    void restart_isNoSpawn() {
        DaemonChannel lost = daemon.channel("child-1");
        lost.exited(137, false);
        lost.restarted("child-2").exited(0, true);

        assertThat(counts(Metric.CHANNELS, "action")).isEqualTo(Map.of("spawn", 1L, "restart", 1L, "exit", 2L));
        LogRecordData told = telemetry.events(LogEvent.CHANNEL_RESTARTED).get(0);
        assertThat(string(told, Attribute.CHANNEL_ID)).isEqualTo("child-2");
        assertThat(string(told, Attribute.PREVIOUS_CHANNEL_ID)).isEqualTo("child-1");
        assertThat(told.getSpanContext().isValid()).isTrue();
    }

    @Test
    void sessions_areActiveByWorkspace() {
        telemetry.daemon.close(); // has the same gauges
        DaemonChannel child = daemon.channel("child-1");
        child.sessionOpened("s-1", "/home/ann");
        child.sessionOpened("s-2", "/home/ann");
        child.sessionOpened("s-3", "/home/bob");
        child.sessionOpened("s-4");
        child.sessionClosed("s-3");

        assertThat(counts(Metric.ACTIVE_SESSIONS, "workspace"))
                .isEqualTo(Map.of("", 1L, Workspaces.hash("/home/ann"), 2L, Workspaces.hash("/home/bob"), 0L));
        assertThat(telemetry.everything()).doesNotContain("/home");
    }

    @Test
    void stepsThatMakeASession_getIt() {
        DaemonRequest request = daemon.request("POST", "/session").start();
        BridgeSpan lookup;
        try (Scope ignored = request.makeCurrent()) {
            lookup = daemon.bridge(BridgeOperation.CHANNEL_LOOKUP).start();
        }
        try (Scope ignored = lookup.makeCurrent()) {
            request.session("s-1");
        }
        lookup.completed();
        request.responded(200);

        assertThat(telemetry.spans()).hasSize(2).allSatisfy(span -> assertThat(string(span, Attribute.SESSION_ID))
                .isEqualTo("s-1"));
    }

    @Test
    void whatBefallsAStream_isCountedAndToldWithItsId() {
        DaemonStream before = daemon.request("GET", "/session/s-1/events").start().stream(null);
        before.closed(StreamEnd.CLIENT_CLOSED);
        DaemonRequest request = daemon.request("GET", "/session/s-1/events").start();
        request.session("s-1");
        BridgeSpan prompt = dispatch("s-1");
        DaemonStream stream = request.stream("7");
        stream.reconnected(before.id(), StreamEnd.CLIENT_CLOSED);
        stream.resyncRequired();
        stream.publishFailed(new IllegalStateException("MARKER"));
        stream.slow();
        stream.closed(StreamEnd.EVICTED);
        stream.slow();
        prompt.completed();

        assertThat(counts(Metric.STREAM_EVENTS, "event"))
                .isEqualTo(Map.of(
                        "reconnected", 1L,
                        "resync_required", 1L,
                        "publish_failed", 1L,
                        "slow_client", 1L,
                        "evicted", 1L));
        assertThat(string(telemetry.span(request), Attribute.SSE_STREAM_ID)).isEqualTo(stream.id());
        assertThat(string(telemetry.span(request), Attribute.SSE_PREVIOUS_STREAM_ID))
                .isEqualTo(before.id())
                .isNotEqualTo(stream.id());
        assertThat(string(telemetry.span(request), Attribute.SSE_RECONNECT_REASON))
                .isEqualTo("client_closed");
        assertThat(number(telemetry.span(request), Attribute.SSE_PUBLISH_FAILURES))
                .isEqualTo(1);
        assertThat(telemetry.span(prompt).getEvents())
                .extracting(EventData::getName)
                .containsExactly("sse.evicted");
        LogRecordData evicted = telemetry.events(LogEvent.STREAM_EVICTED).get(0);
        assertThat(evicted.getSpanContext()).isEqualTo(prompt.spanContext());
        assertThat(evicted.getSeverity()).isEqualTo(Severity.WARN);
        assertThat(string(evicted, Attribute.SSE_STREAM_ID)).isEqualTo(stream.id());
        LogRecordData failed = telemetry.events(LogEvent.STREAM_PUBLISH_FAILED).get(0);
        assertThat(failed.getAttributes().asMap())
                .containsAllEntriesOf(Attributes.builder()
                        .put("error.type", "unknown")
                        .put("exception.type", "java.lang.IllegalStateException")
                        .put("qwen-code.daemon.sse.stream_id", stream.id())
                        .build()
                        .asMap());
        assertThat(telemetry.events(LogEvent.STREAM_RECONNECTED)).hasSize(1);
        assertThat(telemetry.events(LogEvent.STREAM_RESYNC)).hasSize(1);
        assertThat(telemetry.events(LogEvent.STREAM_SLOW)).hasSize(1);
        assertThat(telemetry.everything()).doesNotContain("MARKER");
    }

    /** Raw paths, ids and texts of errors, as many as fit into a test; each adds a series only if it is a label. */
    @Test
    void series_stayFew() {
        telemetry.daemon.close(); // has the same gauges
        List<String> routes = List.copyOf(Routes.reference().names());
        for (int i = 0; i < 2_100; i++) { // more than the SDK keeps series of one metric
            String[] route = routes.get(i % routes.size()).split(" ");
            DaemonRequest request = daemon.request(route[0], route[1].replaceAll(":[A-Za-z]+", "raw-" + i))
                    .start();
            request.session("s-" + i);
            request.prompt("p-" + i);
            request.client("c-" + i);
            request.workspace("/home/" + i);
            request.error("kind-" + i, "text " + i);
            int round = i / routes.size();
            request.runtime(round % 3 == 2 ? null : RuntimePath.values()[round % 3], null);
            QueuedPrompt queued = request.queued();
            queued.dispatch().start().failed(DaemonError.values()[i % DaemonError.values().length], "text " + i);
            request.responded(round / 3 % 6 * 100 + (round / 3 % 6 == 0 ? 0 : i % 100));
            daemon.request("GET", "/raw/" + i).start().responded(404);
            daemon.bridge(BridgeOperation.SESSION_CANCEL).start().failed("kind-" + i, "text " + i);
            befallsAStream(i);
            befallsAProcess(i);
        }
        List<MetricData> metrics = telemetry.metrics().stream()
                .filter(metric -> metric.getName().startsWith("qwen-code.daemon."))
                .toList();
        assertThat(metrics.stream()
                        .mapToLong(metric -> metric.getData().getPoints().size())
                        .sum())
                .as("as docs/daemon-reference.md says")
                .isEqualTo(9L * routes.size() + DaemonError.values().length + 51);
        assertThat(metrics.toString()).doesNotContain("raw-", "text ", "kind-", "home", "overflow");
    }

    private void befallsAStream(int i) {
        DaemonStream stream = daemon.request("GET", "/session/" + i + "/events").start().stream("e-" + i);
        stream.slow();
        stream.resyncRequired();
        stream.reconnected("stream-" + i, StreamEnd.FAILED);
        stream.publishFailed(new IllegalStateException("text " + i));
        stream.closed(StreamEnd.EVICTED);
    }

    private void befallsAProcess(int i) {
        DaemonChannel child = daemon.channel("child-" + i);
        child.sessionOpened("s-" + i, "/home/" + i);
        child.sessionOpened("t-" + i);
        child.sessionClosed("t-" + i);
        child.message(Direction.values()[i % 2], i);
        child.failed("kind-" + i);
        DaemonChannel next = child.restarted("next-" + i);
        child.exited(i % 256, false);
        next.exited(0, true);
    }

    private Map<String, Long> counts(Metric metric, String label) {
        Map<String, Long> counts = new TreeMap<>();
        telemetry.points(metric).forEach(point -> {
            String value = DaemonExtension.label(point, label);
            counts.merge(value == null ? "" : value, ((LongPointData) point).getValue(), Long::sum);
        });
        return counts;
    }

    private BridgeSpan dispatch(String session) {
        return daemon.bridge(BridgeOperation.PROMPT_DISPATCH).session(session).start();
    }
}
