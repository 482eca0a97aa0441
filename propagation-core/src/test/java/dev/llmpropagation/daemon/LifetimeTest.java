package dev.llmpropagation.daemon;

import static dev.llmpropagation.daemon.DaemonExtension.number;
import static dev.llmpropagation.daemon.DaemonExtension.string;
import static dev.llmpropagation.fixtures.Attributed.flag;
import static dev.llmpropagation.fixtures.Parents.assertParent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.Metric;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What handles keep in memory, and what becomes of those that nobody ends. */
class LifetimeTest {

    private static final int MANY = 200;
    private static final Duration LONG = Duration.ofHours(5);

    @RegisterExtension
    final DaemonExtension telemetry = new DaemonExtension();

    private final DaemonTelemetry daemon = telemetry.daemon;

    /** Each step is started inside of the one before, which ends: as an agent goes on for ever. */
    @Test
    void stepsThatStartEachOther_areLetGo() {
        DaemonRequest request = request();
        assertOnlyTheLastIsKept(start(request), last -> {
            BridgeSpan next = start(last);
            last.completed();
            return next;
        });
        request.responded(200);
    }

    @Test
    void stepsThatComeLate_letTheOnesBeforeGo() {
        assertOnlyTheLastIsKept(start(request()), last -> {
            last.completed();
            return start(last);
        });
        daemon.close();
    }

    @Test
    void promptsThatQueueTheNext_areLetGo() {
        assertOnlyTheLastIsKept(start(request()), last -> {
            QueuedPrompt queued;
            try (Scope ignored = last.makeCurrent()) {
                queued = daemon.queued();
            }
            BridgeSpan next = queued.dispatch().cancelledWhen(last::isEnded).start();
            next.completed();
            return next;
        });
        daemon.close();
    }

    private void assertOnlyTheLastIsKept(BridgeSpan first, java.util.function.UnaryOperator<BridgeSpan> next) {
        BridgeSpan last = first;
        List<WeakReference<BridgeSpan>> before = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            before.add(new WeakReference<>(last));
            last = next.apply(last);
        }
        first = last; // the variable would keep it
        await().untilAsserted(() -> {
            System.gc();
            assertThat(before)
                    .filteredOn(reference -> !reference.refersTo(null))
                    .as("all but, at most, the one that the last was started in")
                    .hasSizeLessThanOrEqualTo(1);
        });
        first.completed();
        assertThat(first.isEnded()).isTrue();
    }

    @Test
    void endedHandles_keepNoException() {
        List<WeakReference<Throwable>> failures = new ArrayList<>();
        DaemonRequest request = request();
        BridgeSpan outer = start(request);
        BridgeSpan inner = start(outer);
        inner.failed(remembered(failures));
        outer.failed(remembered(failures));
        request.error(remembered(failures));
        request.responded(500);
        request.error(remembered(failures));
        await().untilAsserted(() -> {
            System.gc();
            assertThat(failures).hasSize(4).allMatch(reference -> reference.refersTo(null));
        });
        assertThat(List.of(request, outer, inner)).allMatch(DaemonSpan::isEnded);
    }

    private static Throwable remembered(List<WeakReference<Throwable>> failures) {
        Throwable failure = new IllegalStateException();
        failures.add(new WeakReference<>(failure));
        return failure;
    }

    @Test
    void stepInAnEndedOne_stillKnowsItsRequestAndCountsOnce() {
        DaemonRequest request = request();
        request.session("s-1");
        BridgeSpan outer = start(request);
        BridgeSpan ended = start(outer);
        ended.completed();
        BridgeSpan late = start(ended);
        try (Scope ignored = late.makeCurrent()) {
            assertThat(DaemonRequest.current()).isSameAs(request);
        }
        IllegalStateException failure = new IllegalStateException();
        late.failed(failure);
        outer.failed(failure);
        try (Scope ignored = late.makeCurrent()) {
            assertThat(DaemonRequest.current()).isSameAs(request);
        }
        request.responded(200);

        assertThat(telemetry.total(Metric.BRIDGE_ERRORS)).isEqualTo(1);
        assertThat(string(telemetry.events(LogEvent.DAEMON_ERROR).get(0), Attribute.HTTP_ROUTE))
                .isEqualTo("POST /session/:id/prompt");
        assertThat(string(telemetry.span(late), Attribute.SESSION_ID)).isEqualTo("s-1");
    }

    @Test
    void exceptionWhoseCauseThrows_changesNothing() {
        RuntimeException hostile = new RuntimeException() {
            @Override
            public synchronized Throwable getCause() {
                throw new IllegalStateException();
            }
        };
        DaemonRequest request = request();
        BridgeSpan outer = start(request);
        start(outer).failed(hostile);
        outer.failed(new IllegalArgumentException(hostile));
        request.error(hostile);
        request.responded(500);

        assertThat(telemetry.spans())
                .hasSize(3)
                .allSatisfy(span -> assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR));
    }

    @Test
    void pitfall_124_spansThatNobodyEnds_areEndedWhenALaterOneStarts() {
        DaemonRequest request = request();
        BridgeSpan step = start(request);
        telemetry.passes(LONG);
        DaemonRequest later = request();
        later.responded(200);

        assertThat(daemon.openSpans()).isZero();
        for (DaemonSpan lost : List.of(request, step)) {
            assertThat(telemetry.span(lost).getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
            assertThat(string(telemetry.span(lost), Attribute.OUTCOME)).isEqualTo("abandoned");
            assertThat(flag(telemetry.span(lost), "qwen-code.span.ttl_expired")).isTrue();
            assertThat(number(telemetry.span(lost), Attribute.SPAN_DURATION_MS)).isEqualTo(LONG.toMillis());
        }
        assertThat(telemetry.total(Metric.DAEMON_REQUESTS)).isEqualTo(1);
        assertThat(telemetry.total(Metric.DAEMON_REQUEST_DURATION)).isEqualTo(1);
        assertThat(telemetry.total(Metric.PROMPT_DURATION)).isZero();
        assertThat(telemetry.events()).isEmpty();
        assertThat(telemetry.diagnostics)
                .hasSize(2)
                .allMatch(line -> line.contains("was never ended; the safety net did"));
    }

    @Test
    void pitfall_50_lateEnd_isToldOf() {
        BridgeSpan step = telemetry.bridge(BridgeOperation.SESSION_LOAD);
        telemetry.passes(LONG, daemon::sweep);
        step.close();
        step.completed();

        assertThat(string(telemetry.span(), Attribute.OUTCOME)).isEqualTo("abandoned");
        assertThat(telemetry.diagnostics).hasSize(2);
        assertThat(telemetry.diagnostics.get(1)).contains("ended as completed after the safety net");
    }

    @Test
    void pitfall_49_activityInside_keepsTheSpansAround() {
        DaemonRequest request = request();
        BridgeSpan step = start(request);
        telemetry.passes(Duration.ofHours(3));
        start(step).completed();
        telemetry.passes(Duration.ofHours(3), daemon::sweep);
        assertThat(request.isEnded()).isFalse();
        assertThat(step.isEnded()).isFalse();
        step.touch();
        telemetry.passes(Duration.ofHours(3), daemon::sweep);
        assertThat(step.isEnded()).isFalse();
        telemetry.passes(Duration.ofHours(3));
        start(step).completed(); // wakes the sweep, and is activity itself
        assertThat(request.isEnded()).isFalse();
        step.completed();
        request.responded(200);
    }

    @Test
    void quietStream_livesAsLongAsTheProgramHasIt() {
        DaemonRequest request = telemetry.request("GET", "/session/s/events");
        DaemonStream stream = request.stream(null);
        telemetry.passes(Duration.ofDays(2), daemon::sweep);
        assertThat(telemetry.total(Metric.ACTIVE_STREAMS)).isEqualTo(1);
        stream.wrote("7");
        stream.closed(StreamEnd.CLIENT_CLOSED);

        assertThat(telemetry.total(Metric.ACTIVE_STREAMS)).isZero();
        assertThat(string(telemetry.span(), Attribute.SSE_CLOSE_REASON)).isEqualTo("client_closed");
        assertThat(string(telemetry.span(), Attribute.SSE_LAST_EVENT)).isEqualTo("7");
        assertThat(number(telemetry.span(), Attribute.SSE_DURATION))
                .isEqualTo(Duration.ofDays(2).toMillis());
    }

    @Test
    void bodyThatRuns_isKeptWithAllAround() {
        DaemonRequest request = request();
        BridgeSpan outer = start(request);
        try (Scope ignored = outer.makeCurrent()) {
            daemon.bridge(BridgeOperation.CHANNEL_LOOKUP).run(step -> {
                telemetry.passes(Duration.ofDays(2), daemon::sweep);
                assertThat(List.of(request, outer, step)).noneMatch(DaemonSpan::isEnded);
            });
        }
        telemetry.passes(LONG, daemon::sweep);
        assertThat(List.of(request, outer)).allMatch(DaemonSpan::isEnded);
    }

    @Test
    void stage_isKeptAsLongAsSomebodyCanCompleteIt() {
        CompletableFuture<String> answer = new CompletableFuture<>();
        List<BridgeSpan> steps = new ArrayList<>();
        CompletableFuture<Integer> result = daemon.bridge(BridgeOperation.PROMPT_DISPATCH)
                .callAsync(step -> {
                    steps.add(step);
                    return answer.thenApply(String::length);
                });
        daemon.bridge(BridgeOperation.PROMPT_DISPATCH).callAsync(step -> {
            steps.add(step);
            return new CompletableFuture<>();
        });
        await().untilAsserted(() -> {
            System.gc();
            telemetry.passes(LONG, daemon::sweep);
            assertThat(steps.get(1).isEnded()).as("its stage is lost").isTrue();
        });
        assertThat(steps.get(0).isEnded()).isFalse();
        answer.complete("four");

        assertThat(result).isCompletedWithValue(4);
        assertThat(string(telemetry.span(steps.get(0)), Attribute.OUTCOME)).isEqualTo("completed");
        assertThat(string(telemetry.span(steps.get(1)), Attribute.OUTCOME)).isEqualTo("abandoned");
    }

    /** In the queue nothing of it can be heard of; from its dispatch on its step can. */
    @Test
    void promptInTheQueue_keepsItsRequestUntilItsDispatch() {
        DaemonRequest request = request();
        QueuedPrompt first = request.queued();
        QueuedPrompt second;
        BridgeSpan inside = start(request);
        try (Scope ignored = inside.makeCurrent()) {
            second = daemon.queued();
        }
        inside.completed();
        first.dispatch().run(step -> {});
        for (int i = 0; i < 3; i++) {
            telemetry.passes(LONG, daemon::sweep);
        }
        assertThat(request.isEnded()).isFalse();
        BridgeSpan dispatch = second.dispatch().start();
        dispatch.completed();
        second.dispatch().run(again -> {});
        assertParent(telemetry.span(dispatch), inside.spanContext());
        assertThat(number(telemetry.span(dispatch), Attribute.QUEUE_WAIT))
                .isEqualTo(LONG.multipliedBy(3).toMillis());
        telemetry.passes(Duration.ofHours(3), daemon::sweep);
        assertThat(request.isEnded()).isFalse();
        telemetry.passes(Duration.ofHours(1), daemon::sweep);

        assertThat(string(telemetry.span(request), Attribute.OUTCOME)).isEqualTo("abandoned");
    }

    @Test
    void promptThatIsForgotten_keepsNothing() {
        DaemonRequest request = request();
        WeakReference<QueuedPrompt> forgotten = new WeakReference<>(request.queued());
        await().untilAsserted(() -> {
            System.gc();
            assertThat(forgotten.refersTo(null)).isTrue();
        });
        telemetry.passes(LONG, daemon::sweep);

        assertThat(string(telemetry.span(request), Attribute.OUTCOME)).isEqualTo("abandoned");
    }

    @Test
    void streamThatIsLost_isEnded() {
        DaemonRequest request = telemetry.request("GET", "/session/s/events");
        request.stream(null).wrote("1");
        await().untilAsserted(() -> {
            System.gc();
            telemetry.passes(LONG, daemon::sweep);
            assertThat(request.isEnded()).isTrue();
        });
        assertThat(telemetry.total(Metric.ACTIVE_STREAMS)).isZero();
        assertThat(string(telemetry.span(), Attribute.SSE_CLOSE_REASON)).isEqualTo("abandoned");
        assertThat(string(telemetry.span(), Attribute.OUTCOME)).isEqualTo("abandoned");
        assertThat(telemetry.events(LogEvent.STREAM_CLOSED)).hasSize(1);
        assertThat(telemetry.events(LogEvent.DAEMON_ERROR)).isEmpty();
    }

    @Test
    void timeToLive_isTheProgramsToSay() {
        DaemonTelemetry short_ = telemetry.with(options -> options.timeToLive(Duration.ofMinutes(1)));
        BridgeSpan step = short_.bridge(BridgeOperation.SESSION_NEW).start();
        telemetry.passes(Duration.ofSeconds(59), short_::sweep);
        assertThat(step.isEnded()).isFalse();
        telemetry.passes(Duration.ofSeconds(1), short_::sweep);
        assertThat(step.isEnded()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT-1S", "P366D"})
    void timeToLive_outOfRangeIsRefused(String duration) {
        assertThatThrownBy(() -> telemetry.with(options -> options.timeToLive(Duration.parse(duration))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("timeToLive: ")
                .hasMessageEndingWith("use a positive duration of at most 365 days");
    }

    @Test
    void negativeDurations_countAsNone() {
        DaemonRequest request = request();
        request.runtime(RuntimePath.JOINED, Duration.ofSeconds(Long.MIN_VALUE));
        request.responded(200);

        assertThat(number(telemetry.span(), Attribute.RUNTIME_WAIT)).isZero();
    }

    private DaemonRequest request() {
        return telemetry.request("POST", "/session/s/prompt");
    }

    private BridgeSpan start(DaemonSpan around) {
        try (Scope ignored = around.makeCurrent()) {
            return telemetry.bridge(BridgeOperation.PROMPT_DISPATCH);
        }
    }
}
