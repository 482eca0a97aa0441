package dev.llmpropagation.daemon;

import static dev.llmpropagation.daemon.DaemonExtension.number;
import static dev.llmpropagation.daemon.DaemonExtension.string;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.Metric;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One failure has one name, and is told once. */
class FailuresTest {

    @RegisterExtension
    final DaemonExtension telemetry = new DaemonExtension();

    private final DaemonTelemetry daemon =
            telemetry.with(options -> options.errorKinds("QuotaExceeded", "model_overloaded", "SandboxBrokenError"));

    static List<Arguments> failures() {
        return List.of(
                Arguments.of(new TimeoutException(), "BridgeTimeoutError"),
                Arguments.of(new IllegalStateException(new TimeoutException()), "BridgeTimeoutError"),
                Arguments.of(new SessionNotFoundException(), "SessionNotFoundError"),
                Arguments.of(new QuotaExceededException(), "QuotaExceeded"),
                Arguments.of(new IllegalStateException(new SandboxBrokenError()), "SandboxBrokenError"),
                Arguments.of(new IllegalStateException("MARKER"), "unknown"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void failedPrompt_hasOneNameOnSpansMetricAndLog_andOneRecord(Exception failure, String kind) {
        DaemonRequest request = request();
        BridgeSpan dispatch = dispatch(request);
        dispatch.failed(failure);
        request.error(failure);
        request.responded(500);

        assertThat(string(telemetry.span(dispatch), Attribute.ERROR_TYPE)).isEqualTo(kind);
        assertThat(string(telemetry.span(request), Attribute.ERROR_TYPE)).isEqualTo(kind);
        assertThat(telemetry.points(Metric.BRIDGE_ERRORS).map(point -> DaemonExtension.label(point, "error_type")))
                .containsExactly(kind);
        LogRecordData log = theRecord();
        assertThat(string(log, Attribute.ERROR_TYPE)).isEqualTo(kind);
        assertThat(string(log, Attribute.EXCEPTION_TYPE))
                .isEqualTo(failure.getClass().getName());
        assertThat(string(log, Attribute.HTTP_ROUTE)).isEqualTo("POST /session/:id/prompt");
        assertThat(string(log, Attribute.SESSION_ID)).isEqualTo("s-1");
        assertThat(log.getAttributes().get(Attribute.HTTP_STATUS_CODE.<Long>key()))
                .isEqualTo(500);
        assertThat(string(log, Attribute.BRIDGE_OPERATION)).isEqualTo("prompt.dispatch");
        assertThat(log.getSpanContext()).isEqualTo(dispatch.spanContext());
        assertThat(telemetry.everything()).doesNotContain("MARKER");
    }

    /** Its own code runs where the daemon looks for the cause. */
    @Test
    void exceptionThatThrows_isAFailureAsOthersAre() {
        Exception hostile = new Exception("MARKER") {
            @Override
            public synchronized Throwable getCause() {
                throw new AssertionError("MARKER");
            }
        };
        DaemonRequest request = request();
        BridgeSpan dispatch = dispatch(request);
        dispatch.failed(hostile);
        request.error(hostile);
        request.responded(500);
        DaemonRequest events = daemon.request("GET", "/session/s-1/events").start();
        DaemonStream stream = events.stream(null);
        stream.publishFailed(hostile);
        stream.closed(StreamEnd.COMPLETED);

        assertThat(string(telemetry.span(dispatch), Attribute.ERROR_TYPE)).isEqualTo("unknown");
        assertThat(string(telemetry.span(request), Attribute.ERROR_TYPE)).isEqualTo("unknown");
        assertThat(telemetry.span(events)).isNotNull();
        assertThat(telemetry.everything()).doesNotContain("MARKER");
    }

    @Test
    void stepThatFailsInAStream_isToldAtOnce() {
        DaemonRequest events = daemon.request("GET", "/session/s-1/events").start();
        dispatch(events).failed(new IllegalStateException());
        assertThat(telemetry.events(LogEvent.DAEMON_ERROR)).isEmpty();
        DaemonStream stream = events.stream(null);
        assertThat(telemetry.events(LogEvent.DAEMON_ERROR)).hasSize(1);
        dispatch(events).failed(new IllegalStateException());
        assertThat(telemetry.events(LogEvent.DAEMON_ERROR)).hasSize(2);
        stream.closed(StreamEnd.COMPLETED);
        assertThat(telemetry.events(LogEvent.DAEMON_ERROR)).hasSize(2);
    }

    @Test
    void requestThatSaysNothing_failedForItsStep() {
        DaemonRequest request = request();
        dispatch(request).failed(DaemonError.BRIDGE_CHANNEL_CLOSED, "the pipe broke");
        request.responded(502);

        assertThat(string(telemetry.span(request), Attribute.ERROR_TYPE)).isEqualTo("BridgeChannelClosedError");
        assertThat(telemetry.span(request).getStatus().getDescription()).isEqualTo("HTTP 502");
        assertThat(string(theRecord(), Attribute.ERROR_MESSAGE)).isEqualTo("the pipe broke");
    }

    @Test
    void failureThatWasMended_isNotThatOfTheRequest() {
        DaemonRequest request = request();
        dispatch(request).failed(DaemonError.BRIDGE_CHANNEL_CLOSED, "the pipe broke");
        dispatch(request).completed();
        request.responded(503);

        assertThat(string(telemetry.span(request), Attribute.ERROR_TYPE)).isEqualTo("503");
        assertThat(telemetry.events(LogEvent.DAEMON_ERROR))
                .extracting(log -> string(log, Attribute.ERROR_TYPE))
                .containsExactly("BridgeChannelClosedError", "503");
    }

    @Test
    void anotherFailureOfTheRequest_isToldToo() {
        DaemonRequest request = request();
        dispatch(request).failed(new TimeoutException());
        request.error(new IllegalStateException());
        request.responded(500);

        assertThat(telemetry.events(LogEvent.DAEMON_ERROR))
                .extracting(log -> string(log, Attribute.ERROR_TYPE))
                .containsExactly("BridgeTimeoutError", "unknown");
    }

    @Test
    void kindsOfTheProgram_areToldByName_andAllOthersAreUnknown() {
        daemon.bridge(BridgeOperation.SESSION_NEW).start().failed("model_overloaded", "busy");
        daemon.bridge(BridgeOperation.SESSION_NEW).start().failed("never heard of /home/ann", "busy");
        daemon.bridge(BridgeOperation.SESSION_NEW).start().failed("BridgeTimeoutError", "late");
        DaemonRequest request = request();
        request.error("QuotaExceededError", "no more today");
        request.responded(503);
        daemon.channel("c").failed("SandboxBroken");

        assertThat(telemetry.points(Metric.BRIDGE_ERRORS).map(point -> DaemonExtension.label(point, "error_type")))
                .containsExactlyInAnyOrder("model_overloaded", "unknown", "BridgeTimeoutError");
        assertThat(string(telemetry.span(request), Attribute.ERROR_TYPE)).isEqualTo("QuotaExceeded");
        assertThat(string(telemetry.events(LogEvent.CHANNEL_FAILED).get(0), Attribute.ERROR_TYPE))
                .isEqualTo("SandboxBrokenError");
        assertThat(telemetry.everything()).doesNotContain("/home/ann");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "7up", "with blank", "a/b", "ü"})
    void kindThatIsNoWord_isRefused(String name) {
        assertThatThrownBy(() -> telemetry.with(options -> options.errorKinds(name)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("errorKinds: \"" + name + "\"");
    }

    @Test
    void kinds_areFew() {
        String[] many = IntStream.range(0, 51).mapToObj(i -> "Kind" + i).toArray(String[]::new);
        assertThatThrownBy(() -> telemetry.with(options -> options.errorKinds(many)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("errorKinds: 51 are too many");
    }

    @ParameterizedTest
    @CsvSource({"200", "202", "409", "499"})
    void requestWhosePromptWasCancelled_isCancelled_withItsStatus(int status) {
        DaemonRequest request = request();
        dispatch(request).cancelled();
        request.responded(status);

        assertThat(string(telemetry.span(request), Attribute.OUTCOME)).isEqualTo("cancelled");
        assertThat(number(telemetry.span(request), Attribute.HTTP_STATUS_CODE)).isEqualTo(status);
        assertThat(telemetry.span(request).getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        assertThat(telemetry.points(Metric.DAEMON_REQUESTS).map(point -> DaemonExtension.label(point, "status_class")))
                .containsExactly(status / 100 + "xx");
    }

    @Test
    void promptThatIsDispatchedAgain_isAsItEndsThen() {
        DaemonRequest request = request();
        dispatch(request).cancelled();
        dispatch(request).completed();
        request.responded(200);

        assertThat(string(telemetry.span(request), Attribute.OUTCOME)).isEqualTo("completed");
    }

    @Test
    void cancelledRequest_keepsTheStatusOfItsAnswer() {
        DaemonRequest request = request();
        request.cancelled(503);
        request.responded(200);

        assertThat(string(telemetry.span(request), Attribute.OUTCOME)).isEqualTo("cancelled");
        assertThat(number(telemetry.span(request), Attribute.HTTP_STATUS_CODE)).isEqualTo(503);
        assertThat(telemetry.span(request).getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        assertThat(telemetry.events()).isEmpty();
    }

    private LogRecordData theRecord() {
        assertThat(telemetry.events(LogEvent.DAEMON_ERROR)).hasSize(1);
        return telemetry.events(LogEvent.DAEMON_ERROR).get(0);
    }

    private DaemonRequest request() {
        DaemonRequest request = daemon.request("POST", "/session/s-1/prompt").start();
        request.session("s-1");
        return request;
    }

    private BridgeSpan dispatch(DaemonSpan around) {
        try (Scope ignored = around.makeCurrent()) {
            return daemon.bridge(BridgeOperation.PROMPT_DISPATCH).start();
        }
    }

    private static final class SessionNotFoundException extends Exception {}

    private static final class QuotaExceededException extends Exception {}

    private static final class SandboxBrokenError extends Exception {}
}
