package dev.llmpropagation.daemon;

import static dev.llmpropagation.daemon.DaemonExtension.string;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.fixtures.SpanStarts;
import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.Metric;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.data.EventData;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What handles take, say and do at their bounds and when something of the program's fails. */
class HandlesTest {

    @RegisterExtension
    final DaemonExtension telemetry = new DaemonExtension();

    private final DaemonTelemetry daemon = telemetry.daemon;

    @Test
    void texts_nameTypeAndIds() {
        BridgeSpan step = telemetry.bridge(BridgeOperation.SESSION_NEW);
        String ids = step.spanContext().getTraceId() + "/" + step.spanContext().getSpanId();
        assertThat(step).hasToString("qwen-code.daemon.bridge{" + ids + "}");
        assertThat(daemon.openSpans()).isEqualTo(1);
        step.completed();
        assertThat(step).hasToString("qwen-code.daemon.bridge{" + ids + ", ended}");
        assertThat(daemon.channel("child-1")).hasToString("DaemonChannel{child-1}");
        assertThat(Routes.of("POST /b", "GET /a/:id")).hasToString("Routes[GET /a/:id, POST /b]");
    }

    @Test
    void stepThatIsOnlyClosed_isInterrupted() {
        telemetry.bridge(BridgeOperation.SESSION_NEW).close();

        assertThat(string(telemetry.span(), Attribute.OUTCOME)).isEqualTo("interrupted");
    }

    @ParameterizedTest
    @ValueSource(strings = {"azAZ09", "._:-"})
    void client_hasLettersDigitsAndFewSigns(String id) {
        daemon.bridge(BridgeOperation.SESSION_NEW).client(id).start().completed();

        assertThat(string(telemetry.span(), Attribute.CLIENT_ID)).isEqualTo(id);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a`", "a{", "a@", "a[", "a/", "a;", "é", ""})
    void client_ofAnyOtherSignIsLeftOut(String id) {
        daemon.bridge(BridgeOperation.SESSION_NEW).client(id).start().completed();

        assertThat(string(telemetry.span(), Attribute.CLIENT_ID)).isNull();
    }

    @Test
    void client_hasABound() {
        BridgeSpan step = telemetry.bridge(BridgeOperation.SESSION_NEW);
        step.client("c".repeat(129));
        step.client("c".repeat(128));
        step.completed();

        assertThat(string(telemetry.span(), Attribute.CLIENT_ID)).isEqualTo("c".repeat(128));
    }

    @Test
    void failure_isToldInTheProgramsWordsOrInFixedOnes() {
        BridgeSpan failed = telemetry.bridge(BridgeOperation.SESSION_LOAD);
        failed.failed(DaemonError.SESSION_NOT_FOUND, "no such session");
        BridgeSpan late = telemetry.bridge(BridgeOperation.SESSION_LOAD);
        late.timedOut();

        assertThat(string(telemetry.span(failed), Attribute.ERROR_MESSAGE)).isEqualTo("no such session");
        assertThat(telemetry.span(failed).getStatus().getDescription()).isEqualTo("session.load failed");
        assertThat(string(telemetry.span(late), Attribute.OUTCOME)).isEqualTo("timed_out");
        assertThat(string(telemetry.span(late), Attribute.ERROR_TYPE)).isEqualTo("BridgeTimeoutError");
        assertThat(string(telemetry.span(late), Attribute.ERROR_MESSAGE)).isNull();
        assertThat(telemetry.span(late).getStatus().getDescription()).isEqualTo("session.load timed out");
        assertThat(telemetry.events(LogEvent.DAEMON_ERROR))
                .extracting(log -> string(log, Attribute.ERROR_MESSAGE))
                .containsExactly("no such session", "session.load timed out");
    }

    @Test
    void requestThatFailed_isLoggedWithItsStatusOrNone() {
        telemetry.request("POST", "/session").responded(503);
        DaemonRequest lost = telemetry.request("POST", "/session");
        lost.error(DaemonError.BRIDGE_TIMEOUT, "late");
        lost.responded(-1);

        assertThat(string(telemetry.span(lost), Attribute.OUTCOME)).isEqualTo("failed");
        List<LogRecordData> told = telemetry.events(LogEvent.DAEMON_ERROR);
        assertThat(told)
                .extracting(log -> log.getAttributes().get(Attribute.HTTP_STATUS_CODE.<Long>key()))
                .containsExactly(503L, null);
        assertThat(told).extracting(log -> string(log, Attribute.ERROR_MESSAGE)).containsExactly("HTTP 503", "late");
        assertThat(told)
                .extracting(log -> string(log, Attribute.ERROR_TYPE))
                .containsExactly("503", "BridgeTimeoutError");
        assertThat(string(telemetry.span(lost), Attribute.DAEMON_OPERATION)).isEqualTo("http_request");
    }

    @Test
    void status_isCountedByItsClass() {
        for (int status : new int[] {99, 100, 199, 599, 600}) {
            telemetry.request("POST", "/session").responded(status);
        }
        Map<String, Long> counted = new TreeMap<>();
        telemetry
                .points(Metric.DAEMON_REQUESTS)
                .forEach(point ->
                        counted.put(DaemonExtension.label(point, "status_class"), ((LongPointData) point).getValue()));

        assertThat(counted).isEqualTo(Map.of("none", 2L, "1xx", 2L, "5xx", 1L));
    }

    @Test
    void exceptionWhoseCauseThrows_isShownByItsClassAndCountedOnce() {
        RuntimeException hostile = new RuntimeException() {
            @Override
            public synchronized Throwable getCause() {
                throw new IllegalStateException();
            }
        };
        DaemonRequest request = telemetry.request("POST", "/session");
        BridgeSpan outer = start(request);
        start(outer).failed(hostile);
        outer.failed(new IllegalArgumentException(hostile));
        request.error(hostile);
        request.responded(500);

        assertThat(string(telemetry.span(request), Attribute.ERROR_TYPE)).isEqualTo("unknown");
        assertThat(telemetry.events(LogEvent.DAEMON_ERROR))
                .extracting(log -> string(log, Attribute.EXCEPTION_TYPE))
                .containsExactly(hostile.getClass().getName());
        assertThat(telemetry.total(Metric.BRIDGE_ERRORS)).isEqualTo(1);
        assertThat(telemetry.diagnostics)
                .anyMatch(told -> told.matches("The causes of a failure could not be read( .*)?"))
                .anyMatch(
                        told -> told.startsWith("The causes of a failure could not be read; it may be counted twice"));
        assertThat(DaemonError.of(hostile)).isEqualTo(DaemonError.UNKNOWN);
    }

    @Test
    void causesThatAreARing_areReadToTheirBound() {
        IllegalStateException first = new IllegalStateException();
        first.initCause(new IllegalArgumentException(first));
        assertThat(DaemonError.of(first)).isEqualTo(DaemonError.UNKNOWN);
        start(start(telemetry.request("POST", "/session"))).failed(first);

        assertThat(telemetry.total(Metric.BRIDGE_ERRORS)).isEqualTo(1);
        daemon.close();
    }

    @ParameterizedTest
    @CsvSource({"7, BRIDGE_TIMEOUT", "8, UNKNOWN"})
    void kindOfAFailure_isThatOfItsNearCauses(int wrappers, DaemonError kind) {
        Throwable failure = new BridgeTimeoutException();
        for (int i = 0; i < wrappers; i++) {
            failure = new IllegalStateException(failure);
        }
        assertThat(DaemonError.of(failure)).isEqualTo(kind);
    }

    private static final class BridgeTimeoutException extends RuntimeException {}

    @ParameterizedTest
    @CsvSource({"7, 1", "8, 2"})
    void failureThatIsWrappedOnItsWay_isCountedOnce(int wrappers, int count) {
        BridgeSpan outer = telemetry.bridge(BridgeOperation.PROMPT_DISPATCH);
        Throwable failure = new IllegalStateException();
        start(outer).failed(failure);
        for (int i = 0; i < wrappers; i++) {
            failure = new IllegalStateException(failure);
        }
        outer.failed(failure);

        assertThat(telemetry.total(Metric.BRIDGE_ERRORS)).isEqualTo(count);
    }

    @Test
    void cancelSignal_decidesOnlyIfItCan() {
        BridgeSpan goesOn = daemon.bridge(BridgeOperation.SESSION_NEW)
                .cancelledWhen(() -> false)
                .start();
        goesOn.completed();
        BridgeSpan failing = daemon.bridge(BridgeOperation.SESSION_NEW)
                .cancelledWhen(() -> {
                    throw new IllegalStateException();
                })
                .start();
        failing.completed();

        assertThat(string(telemetry.span(goesOn), Attribute.OUTCOME)).isEqualTo("completed");
        assertThat(string(telemetry.span(failing), Attribute.OUTCOME)).isEqualTo("completed");
        assertThat(telemetry.diagnostics)
                .singleElement()
                .matches(told -> told.startsWith("The cancel signal of a span failed"));
    }

    @Test
    void bodies_runWithinTheStepAndTheirResultGoesOn() throws Exception {
        BridgeSpan.Work<String> work = step -> step.toString();
        assertThat(daemon.bridge(BridgeOperation.SESSION_NEW).call(work)).startsWith("qwen-code.daemon.bridge{");
        List<BridgeSpan> ran = new ArrayList<>();
        BridgeSpan.Step action = ran::add;
        daemon.bridge(BridgeOperation.SESSION_NEW).run(action);
        assertThat(ran).singleElement().matches(BridgeSpan::isEnded);
        String result = daemon.bridge(BridgeOperation.SESSION_NEW).call(step -> "result");
        assertThat(result).isEqualTo("result");
    }

    @Test
    void stage_endsTheStepAsItEnds() {
        CompletableFuture<String> good = daemon.bridge(BridgeOperation.SESSION_NEW)
                .callAsync(step -> CompletableFuture.completedFuture("result"));
        assertThat(good).isCompletedWithValue("result");
        assertThat(string(telemetry.span(), Attribute.OUTCOME)).isEqualTo("completed");

        assertThatThrownBy(() -> daemon.bridge(BridgeOperation.SESSION_NEW).callAsync(step -> {
                    throw new IllegalStateException();
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(string(telemetry.spans().get(1), Attribute.OUTCOME)).isEqualTo("failed");

        CompletableFuture<String> deaf = new CompletableFuture<>();
        daemon.bridge(BridgeOperation.SESSION_NEW)
                .callAsync(step -> deaf.minimalCompletionStage())
                .cancel(true);
        assertThat(deaf).isNotDone();
        assertThat(string(telemetry.spans().get(2), Attribute.OUTCOME)).isEqualTo("cancelled");
    }

    @Test
    void sessionOfTheContext_isThatOfAStepWithoutARequest() {
        BridgeSpan step;
        try (Scope ignored = LlmSession.of("s-9").makeCurrent()) {
            step = telemetry.bridge(BridgeOperation.SESSION_NEW);
        }
        step.completed();

        assertThat(step.session()).isEqualTo("s-9");
        assertThat(string(telemetry.span(), Attribute.SESSION_ID)).isEqualTo("s-9");
    }

    @Test
    void processors_findTheSessionWhenAStepStarts() {
        List<LlmSession> found = new ArrayList<>();
        RecordedTelemetry watched = recorded((parent, span) -> found.add(LlmSession.fromContext(parent)));
        try (DaemonTelemetry own =
                DaemonTelemetry.builder(watched.openTelemetry()).build()) {
            own.bridge(BridgeOperation.SESSION_NEW).session("s-1").start().completed();
            own.bridge(BridgeOperation.SESSION_NEW).session("not fit\n").start().completed();
        }
        watched.openTelemetry().close();

        assertThat(found).hasSize(2);
        assertThat(found.get(0).id()).isEqualTo("s-1");
        assertThat(found.get(1)).isNull();
    }

    @Test
    void processorThatThrows_isToldAndStopsNothing() {
        String lost = "A span could not be started; the daemon goes on without it";
        assertThat(toldWhileSpansCannotStart(own -> {
                    DaemonRequest request = own.request("POST", "/session").start();
                    request.session("s-1");
                    assertThat(LlmSession.fromContext(request.context()).id()).isEqualTo("s-1");
                    request.responded(200);
                }))
                .singleElement()
                .matches(told -> told.startsWith(lost));
        assertThat(toldWhileSpansCannotStart(own -> own.bridge(BridgeOperation.SESSION_NEW)
                        .session("s-1")
                        .run(step -> assertThat(step.session()).isEqualTo("s-1"))))
                .singleElement()
                .matches(told -> told.startsWith(lost));
    }

    private static List<String> toldWhileSpansCannotStart(Consumer<DaemonTelemetry> work) {
        List<String> told = new ArrayList<>();
        RecordedTelemetry failing = recorded((parent, span) -> {
            throw new IllegalStateException();
        });
        try (DaemonTelemetry own = DaemonTelemetry.builder(failing.openTelemetry())
                .diagnostics(told::add)
                .build()) {
            work.accept(own);
        }
        failing.openTelemetry().close();
        return told;
    }

    @Test
    void processWithoutASessionOfOurs_isToldOnTheCurrentSpan() {
        DaemonChannel channel = daemon.channel("child-1");
        DaemonRequest request = telemetry.request("POST", "/session");
        try (Scope ignored = request.makeCurrent()) {
            channel.failed(DaemonError.BRIDGE_CHANNEL_CLOSED);
        }
        request.responded(200);

        assertThat(telemetry.span().getEvents())
                .extracting(EventData::getName)
                .containsExactly("channel.liveness_failed");
        assertThat(telemetry.events(LogEvent.CHANNEL_FAILED)).singleElement().satisfies(log -> assertThat(
                        log.getSpanContext().getSpanId())
                .isEqualTo(request.spanContext().getSpanId()));
    }

    @ParameterizedTest
    @CsvSource({"128,", "129, SIGHUP", "137, SIGKILL", "255, 127", "256,", "-1,", "0,"})
    void exitCode_namesItsSignal(int code, String signal) {
        daemon.channel("child-1").exited(code, false);

        assertThat(telemetry.events(LogEvent.CHANNEL_EXITED)).singleElement().satisfies(log -> {
            assertThat(string(log, Attribute.CHANNEL_SIGNAL)).isEqualTo(signal);
            assertThat(log.getAttributes().get(Attribute.CHANNEL_EXIT_CODE.<Long>key()))
                    .isEqualTo(code);
        });
    }

    @Test
    void exitedProcess_hasNoSessionsAndIsLetGo() {
        DaemonChannel channel = daemon.channel("child-1");
        channel.sessionOpened("s-1");
        channel.exited(0, true);
        channel.sessionClosed("s-1");
        channel.failed(DaemonError.BRIDGE_CHANNEL_CLOSED);

        assertThat(telemetry.points(Metric.DAEMON_SESSIONS).map(point -> DaemonExtension.label(point, "action")))
                .containsExactlyInAnyOrder("spawn", "close");
        assertThat(telemetry.events(LogEvent.CHANNEL_FAILED)).singleElement().satisfies(log -> assertThat(
                        log.getAttributes().get(Attribute.CHANNEL_SESSION_COUNT.<Long>key()))
                .isZero());
        WeakReference<DaemonChannel> gone = new WeakReference<>(channel);
        channel = null;
        await().until(() -> {
            System.gc();
            return gone.refersTo(null);
        });
    }

    private BridgeSpan start(DaemonSpan around) {
        try (Scope ignored = around.makeCurrent()) {
            return telemetry.bridge(BridgeOperation.PROMPT_DISPATCH);
        }
    }

    private static RecordedTelemetry recorded(BiConsumer<Context, ReadWriteSpan> onStart) {
        return RecordedTelemetry.create(spans -> spans.addSpanProcessor(new SpanStarts(onStart)));
    }
}
