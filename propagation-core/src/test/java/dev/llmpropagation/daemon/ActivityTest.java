package dev.llmpropagation.daemon;

import static dev.llmpropagation.daemon.DaemonExtension.number;
import static dev.llmpropagation.daemon.DaemonExtension.string;
import static dev.llmpropagation.fixtures.Attributed.flag;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.Metric;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.PointData;
import java.lang.ref.WeakReference;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What counts as activity, when the safety net looks, and what the end of the daemon ends. */
class ActivityTest {

    @RegisterExtension
    final DaemonExtension telemetry = new DaemonExtension();

    private final DaemonTelemetry daemon = telemetry.daemon;

    @Test
    void endOfAStep_isActivityInItsRequest() {
        DaemonRequest request = telemetry.request("POST", "/session");
        BridgeSpan step = start(request);
        telemetry.passes(Duration.ofHours(3));
        step.completed();
        telemetry.passes(Duration.ofHours(3), daemon::sweep);
        assertThat(request.isEnded()).isFalse();
        request.responded(200);
    }

    @Test
    void stepThatIsAbandoned_isNoActivityInItsRequest() {
        DaemonRequest request = telemetry.request("POST", "/session");
        BridgeSpan step = start(request);
        telemetry.passes(Duration.ofHours(3));
        request.touch();
        telemetry.passes(Duration.ofHours(2), daemon::sweep);
        assertThat(step.isEnded()).isTrue();
        assertThat(request.isEnded()).isFalse();
        telemetry.passes(Duration.ofHours(2), daemon::sweep);
        assertThat(request.isEnded()).isTrue();
    }

    @Test
    void sweep_isAtMostOnceAMinute() {
        DaemonTelemetry own = telemetry.with(options -> options.timeToLive(Duration.ofMinutes(1)));
        telemetry.passes(Duration.ofSeconds(10));
        BridgeSpan idle = own.bridge(BridgeOperation.SESSION_NEW).start();
        telemetry.passes(Duration.ofSeconds(50));
        own.bridge(BridgeOperation.SESSION_NEW).start().completed(); // a minute: swept
        telemetry.passes(Duration.ofSeconds(15));
        own.bridge(BridgeOperation.SESSION_NEW).start().completed();
        assertThat(idle.isEnded()).isFalse();
        telemetry.passes(Duration.ofSeconds(45));
        own.bridge(BridgeOperation.SESSION_NEW).start().completed();
        assertThat(idle.isEnded()).isTrue();
    }

    @Test
    void timeToLive_canBeAYear() {
        assertThatCode(() -> telemetry.with(options -> options.timeToLive(Duration.ofDays(365))))
                .doesNotThrowAnyException();
    }

    @Test
    void stream_isActivityAsLongAsTheProgramHasIt() {
        DaemonRequest request = telemetry.request("GET", "/session/s/events");
        telemetry.passes(Duration.ofHours(1));
        DaemonStream stream = request.stream(null);
        telemetry.passes(Duration.ofHours(3));
        stream.waited(Duration.ofMillis(1));
        telemetry.passes(Duration.ofHours(30), daemon::sweep);
        assertThat(request.isEnded()).isFalse();
        stream.touch();
        stream.closed(StreamEnd.COMPLETED);
        assertThat(number(telemetry.span(), Attribute.SSE_DURATION))
                .isEqualTo(Duration.ofHours(33).toMillis());
        assertThat(string(telemetry.span(), Attribute.SSE_CLOSE_REASON)).isEqualTo("completed");
    }

    @Test
    void endOfTheDaemon_isNoIncident() {
        DaemonTelemetry own = telemetry.with(options -> options);
        daemon.close(); // has the same gauges
        DaemonChannel child = own.channel("child-1");
        child.sessionOpened("s-1");
        child.sessionOpened("s-2");
        DaemonRequest prompt = own.request("POST", "/session/s-1/prompt").start();
        BridgeSpan dispatch = start(own, prompt);
        own.request("GET", "/session/s/events").start().stream(null);
        assertThat(telemetry.total(Metric.ACTIVE_SESSIONS)).isEqualTo(2);
        assertThat(telemetry.total(Metric.ACTIVE_STREAMS)).isEqualTo(1);
        own.close();
        own.close();
        child.exited(143, false);
        dispatch.failed(new IllegalStateException());
        prompt.responded(500);

        assertThat(telemetry.spans())
                .as("the last one tells of the exit")
                .hasSize(4)
                .allSatisfy(span -> assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET))
                .filteredOn(span -> span.getName().equals("qwen-code.daemon.request"))
                .allSatisfy(span -> assertThat(string(span, Attribute.OUTCOME)).isEqualTo("cancelled"));
        assertThat(telemetry.events(LogEvent.STREAM_CLOSED)).singleElement().satisfies(log -> assertThat(
                        string(log, Attribute.SSE_CLOSE_REASON))
                .isEqualTo("shutdown"));
        assertThat(telemetry.events()).allMatch(log -> log.getSeverity() == Severity.INFO);
        assertThat(telemetry.events(LogEvent.SESSION_DIED)).isEmpty();
        assertThat(telemetry.total(Metric.BRIDGE_ERRORS)).isZero();
        assertThat(telemetry.points(Metric.ACTIVE_SESSIONS))
                .as("the last word, and not none")
                .singleElement()
                .satisfies(
                        point -> assertThat(((LongPointData) point).getValue()).isZero());
        assertThat(telemetry.points(Metric.ACTIVE_STREAMS)).singleElement().satisfies(point -> assertThat(
                        ((LongPointData) point).getValue())
                .isZero());
        assertThat(telemetry.points(Metric.DAEMON_SESSIONS).map(ActivityTest::labelled))
                .containsExactlyInAnyOrder("spawn 2", "close 2");
        assertThat(telemetry.points(Metric.CHANNELS).map(point -> flag(point.getAttributes(), "expected")))
                .containsExactlyInAnyOrder(null, true);
    }

    @Test
    void nextDaemonOfTheSameSdk_hasTheGauges() {
        daemon.channel("child-1").sessionOpened("s-1");
        daemon.close();
        DaemonTelemetry next = telemetry.with(options -> options);
        next.channel("child-2").sessionOpened("s-2");
        next.channel("child-3").sessionOpened("s-3");

        assertThat(telemetry.total(Metric.ACTIVE_SESSIONS)).isEqualTo(2);
        assertThat(telemetry.diagnostics).isEmpty();
    }

    /** The SDK keeps its gauges, though nobody has the daemon any more. */
    @Test
    void nextDaemon_afterOneThatIsForgotten_hasTheGauges() {
        daemon.close(); // has the same gauges
        DaemonTelemetry forgotten = DaemonTelemetry.builder(telemetry.sdk).build();
        WeakReference<DaemonTelemetry> gone = new WeakReference<>(forgotten);
        forgotten.channel("child-1").sessionOpened("s-1");
        forgotten.close();
        forgotten = null;
        await().until(() -> {
            System.gc();
            return gone.get() == null;
        });
        DaemonTelemetry next = telemetry.with(options -> options);
        next.channel("child-2").sessionOpened("s-2");

        assertThat(telemetry.total(Metric.ACTIVE_SESSIONS)).isEqualTo(1);
        assertThat(telemetry.diagnostics).isEmpty();
    }

    @Test
    void expectedExit_closesItsSessions() {
        DaemonChannel child = daemon.channel("child-1");
        child.sessionOpened("s-1");
        child.exited(0, true);

        assertThat(telemetry.points(Metric.DAEMON_SESSIONS).map(ActivityTest::labelled))
                .containsExactlyInAnyOrder("spawn 1", "close 1");
        assertThat(telemetry.events(LogEvent.SESSION_DIED)).isEmpty();
    }

    @Test
    void sessionThatDied_isToldOnTheDispatchThatItBroke() {
        DaemonChannel child = daemon.channel("child-1");
        child.sessionOpened("s-1");
        child.sessionOpened("s-2");
        DaemonRequest prompt = telemetry.request("POST", "/session/s-1/prompt");
        prompt.session("s-1");
        prompt.prompt("p-1");
        BridgeSpan dispatch = start(daemon, prompt);
        BridgeSpan inner = start(daemon, dispatch);
        child.exited(137, false);
        inner.cancelled();
        dispatch.cancelled();
        prompt.cancelled();
        daemon.channel("child-2").sessionOpened("s-3");

        assertThat(telemetry.events(LogEvent.SESSION_DIED))
                .hasSize(2)
                .allSatisfy(log -> assertThat(log.getSeverity()).isEqualTo(Severity.ERROR))
                .filteredOn(log -> "s-1".equals(string(log, Attribute.SESSION_ID)))
                .singleElement()
                .satisfies(log -> {
                    assertThat(log.getSpanContext()).isEqualTo(inner.spanContext());
                    assertThat(string(log, Attribute.PROMPT_ID)).isEqualTo("p-1");
                    assertThat(string(log, Attribute.HTTP_ROUTE)).isEqualTo("POST /session/:id/prompt");
                });
        assertThat(telemetry.events(LogEvent.SESSION_DIED))
                .filteredOn(log -> "s-2".equals(string(log, Attribute.SESSION_ID)))
                .as("idle, so where the exit is told")
                .singleElement()
                .satisfies(log -> assertThat(log.getSpanContext()).isEqualTo(inner.spanContext()));
    }

    @Test
    void sessionThatDiedWhereNothingWasUnderWay_isToldWhereTheExitIs() {
        DaemonChannel child = daemon.channel("child-1");
        child.sessionOpened("s-1");
        child.exited(1, false);

        assertThat(telemetry.events(LogEvent.SESSION_DIED)).singleElement().satisfies(log -> assertThat(
                        log.getSpanContext().getSpanId())
                .isEqualTo(telemetry.span().getSpanId()));
    }

    private static String labelled(PointData point) {
        return DaemonExtension.label(point, "action") + ' ' + ((LongPointData) point).getValue();
    }

    private static BridgeSpan start(DaemonTelemetry telemetry, DaemonSpan around) {
        try (Scope ignored = around.makeCurrent()) {
            return telemetry.bridge(BridgeOperation.PROMPT_DISPATCH).start();
        }
    }

    private BridgeSpan start(DaemonSpan around) {
        try (Scope ignored = around.makeCurrent()) {
            return telemetry.bridge(BridgeOperation.PROMPT_DISPATCH);
        }
    }
}
