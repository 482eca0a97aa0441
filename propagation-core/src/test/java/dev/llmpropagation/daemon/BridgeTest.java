package dev.llmpropagation.daemon;

import static dev.llmpropagation.daemon.DaemonExtension.label;
import static dev.llmpropagation.daemon.DaemonExtension.number;
import static dev.llmpropagation.daemon.DaemonExtension.string;
import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.Parents.assertParent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.internal.span.Api;
import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.Metric;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Steps of the bridge, queue, processes and streams. */
class BridgeTest {

    @RegisterExtension
    final DaemonExtension telemetry = new DaemonExtension();

    @Test
    void step_standsInItsRequestWithItsIds() {
        DaemonRequest request = telemetry.request("POST", "/session/s-1/prompt");
        request.session("s-1");
        request.prompt("p-1");
        request.client("c-1");
        try (Scope ignored = request.makeCurrent()) {
            telemetry.daemon.bridge(BridgeOperation.CHANNEL_LOOKUP).run(step -> {});
        }
        request.responded(200);

        SpanData step = telemetry.spans().get(1);
        assertThat(step.getName()).isEqualTo("qwen-code.daemon.bridge");
        assertParent(step, telemetry.span(request));
        assertThat(string(step, Attribute.BRIDGE_OPERATION)).isEqualTo("channel.lookup");
        assertThat(string(step, Attribute.SESSION_ID)).isEqualTo("s-1");
        assertThat(string(step, Attribute.PROMPT_ID)).isEqualTo("p-1");
        assertThat(string(step, Attribute.CLIENT_ID)).isEqualTo("c-1");
        assertThat(step.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    }

    @Test
    void pitfall_25_26_100_queuedPrompts_areSentInTheirOwnRequests() {
        Deque<QueuedPrompt> queue = new ArrayDeque<>();
        DaemonRequest first = queue(queue, "s-1", "p-1");
        telemetry.passes(Duration.ofMillis(5));
        DaemonRequest second = queue(queue, "s-2", "p-2");
        telemetry.passes(Duration.ofMillis(10));
        // The worker takes both within what was current when it ran the first.
        queue.remove().dispatch().run(step -> queue.remove().dispatch().run(inner -> {
            assertThat(LlmSession.fromContext(Context.current())).hasToString("LlmSession{s-2}");
        }));

        SpanData outer = telemetry.spans().get(2);
        SpanData inner = telemetry.spans().get(3);
        assertParent(inner, telemetry.span(second));
        assertThat(string(inner, Attribute.PROMPT_ID)).isEqualTo("p-2");
        assertThat(number(inner, Attribute.QUEUE_WAIT)).isEqualTo(10);
        assertParent(outer, telemetry.span(first));
        assertThat(string(outer, Attribute.SESSION_ID)).isEqualTo("s-1");
        assertThat(number(outer, Attribute.QUEUE_WAIT)).isEqualTo(15);
        assertThat(telemetry.total(Metric.QUEUE_WAIT)).isEqualTo(2);
        assertThat(telemetry.total(Metric.PROMPT_DURATION)).isEqualTo(2);
    }

    private DaemonRequest queue(Deque<QueuedPrompt> queue, String session, String prompt) {
        DaemonRequest request = telemetry.request("POST", "/session/x/prompt");
        request.session(session);
        request.prompt(prompt);
        try (Scope ignored = request.makeCurrent()) {
            queue.add(telemetry.daemon.queued());
        }
        request.responded(202);
        return request;
    }

    @Test
    void pitfall_32_58_cancelledPrompt_isNoErrorAndIsLogged() {
        BridgeSpan.Builder step =
                telemetry.daemon.queued().dispatch().session("s-1").prompt("p-1");
        assertThatThrownBy(() -> step.run(run -> {
                    throw new CancellationException("MARKER");
                }))
                .isInstanceOf(CancellationException.class);

        SpanData span = telemetry.span();
        assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        assertThat(string(span, Attribute.OUTCOME)).isEqualTo("cancelled");
        assertThat(string(span, Attribute.ERROR_TYPE)).isNull();
        LogRecordData log = telemetry.events().get(0);
        assertThat(Api.eventName(log)).isEqualTo("qwen-code.daemon.prompt.cancelled");
        assertThat(log.getSpanContext().getTraceId()).isEqualTo(span.getTraceId());
        assertThat(string(log, Attribute.SESSION_ID)).isEqualTo("s-1");
        assertThat(string(log, Attribute.PROMPT_ID)).isEqualTo("p-1");
        assertThat(telemetry.total(Metric.BRIDGE_ERRORS)).isZero();
        assertThat(telemetry.total(Metric.PROMPT_DURATION)).isEqualTo(1);
        assertThat(telemetry.everything()).doesNotContain("MARKER");
    }

    @Test
    void pitfall_33_failureThatRacesACancel_staysAFailure() {
        assertThatThrownBy(() -> telemetry
                        .daemon
                        .bridge(BridgeOperation.PROMPT_DISPATCH)
                        .cancelledWhen(() -> true)
                        .run(step -> {
                            throw new IllegalStateException("MARKER");
                        }))
                .isInstanceOf(IllegalStateException.class);

        assertThat(string(telemetry.span(), Attribute.OUTCOME)).isEqualTo("failed");
    }

    @Test
    void pitfall_34_resultAfterACancel_isCancelled() {
        telemetry
                .daemon
                .bridge(BridgeOperation.PROMPT_DISPATCH)
                .cancelledWhen(() -> true)
                .run(step -> {});

        assertThat(string(telemetry.span(), Attribute.OUTCOME)).isEqualTo("cancelled");
    }

    static final class BridgeChannelClosedException extends RuntimeException {
        BridgeChannelClosedException() {
            super("MARKER");
        }
    }

    @Test
    void pitfall_57_108_failure_isCountedOnceByItsKindAndLogged() {
        assertThatThrownBy(() -> telemetry
                        .daemon
                        .bridge(BridgeOperation.PROMPT_DISPATCH)
                        .session("s-1")
                        .run(outer -> {
                            try {
                                telemetry
                                        .daemon
                                        .bridge(BridgeOperation.CHANNEL_SPAWN)
                                        .run(inner -> {
                                            throw new BridgeChannelClosedException();
                                        });
                            } catch (BridgeChannelClosedException e) {
                                throw new IllegalStateException(e);
                            }
                        }))
                .isInstanceOf(IllegalStateException.class);

        assertThat(telemetry.spans())
                .hasSize(2)
                .allSatisfy(span -> assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR));
        assertThat(telemetry.total(Metric.BRIDGE_ERRORS)).isEqualTo(1);
        assertThat(label(telemetry.points(Metric.BRIDGE_ERRORS).findFirst().orElseThrow(), "error_type"))
                .isEqualTo("BridgeChannelClosedError");
        LogRecordData log = telemetry.events(LogEvent.DAEMON_ERROR).get(0);
        assertThat(telemetry.events()).hasSize(1);
        assertThat(log.getSpanContext().getTraceId())
                .isEqualTo(telemetry.spans().get(0).getTraceId());
        assertThat(string(log, Attribute.SESSION_ID)).isEqualTo("s-1");
        assertThat(string(log, Attribute.BRIDGE_OPERATION)).isEqualTo("channel.spawn");
        assertThat(telemetry.everything()).doesNotContain("MARKER");
    }

    @Test
    void timeout_isAnErrorOfItsOwnKind() {
        CompletableFuture<String> answer = new CompletableFuture<>();
        CompletableFuture<String> result =
                telemetry.daemon.bridge(BridgeOperation.SESSION_LOAD).callAsync(step -> answer);
        assertThat(telemetry.spans()).isEmpty();
        answer.completeExceptionally(new TimeoutException());

        assertThat(result).isCompletedExceptionally();
        assertThat(string(telemetry.span(), Attribute.OUTCOME)).isEqualTo("timed_out");
        assertThat(label(telemetry.points(Metric.BRIDGE_ERRORS).findFirst().orElseThrow(), "error_type"))
                .isEqualTo("BridgeTimeoutError");
    }

    @Test
    void cancelOfAFuture_cancelsTheStep() {
        CompletableFuture<String> answer = new CompletableFuture<>();
        telemetry
                .daemon
                .bridge(BridgeOperation.PROMPT_DISPATCH)
                .callAsync(step -> answer)
                .cancel(true);

        assertThat(answer).isCancelled();
        assertThat(string(telemetry.span(), Attribute.OUTCOME)).isEqualTo("cancelled");
    }

    @Test
    void cancel_isCounted() {
        telemetry.daemon.bridge(BridgeOperation.SESSION_CANCEL).run(step -> {});

        assertThat(telemetry.total(Metric.CANCELS)).isEqualTo(1);
    }

    @Test
    void exitOfAProcess_isOnThePromptsThatItHad() {
        DaemonChannel channel = telemetry.daemon.channel("child-1");
        channel.sessionOpened("s-1");
        channel.sessionOpened("s-2");
        BridgeSpan prompt = telemetry
                .daemon
                .bridge(BridgeOperation.PROMPT_DISPATCH)
                .session("s-1")
                .prompt("p-1")
                .start();
        BridgeSpan other = telemetry
                .daemon
                .bridge(BridgeOperation.PROMPT_DISPATCH)
                .session("s-3")
                .start();
        assertThat(telemetry.total(Metric.ACTIVE_SESSIONS)).isEqualTo(2);
        channel.exited(137, false);
        channel.exited(0, true);
        prompt.failed(DaemonError.BRIDGE_CHANNEL_CLOSED, "the process ended");
        other.completed();

        assertThat(telemetry.span(prompt).getEvents()).singleElement().satisfies(event -> {
            assertThat(event.getName()).isEqualTo("channel.exited");
            assertThat(number(event, "qwen-code.daemon.channel.exit_code")).isEqualTo(137);
            assertThat(text(event, "qwen-code.daemon.channel.signal")).isEqualTo("SIGKILL");
        });
        assertThat(telemetry.span(other).getEvents()).isEmpty();
        LogRecordData log = telemetry.events(LogEvent.CHANNEL_EXITED).get(0);
        assertThat(log.getSpanContext().getTraceId())
                .isEqualTo(telemetry.span(prompt).getTraceId());
        assertThat(string(log, Attribute.PROMPT_ID)).isEqualTo("p-1");
        assertThat(telemetry.events(LogEvent.SESSION_DIED)).hasSize(2);
        assertThat(telemetry.total(Metric.ACTIVE_SESSIONS)).isZero();
        assertThat(telemetry.total(Metric.CHANNELS)).isEqualTo(2);
    }

    @Test
    void exitOfAnIdleProcess_isASpanOfItsOwn() {
        DaemonChannel channel = telemetry.daemon.channel("child-1");
        channel.exited(-1, true);

        assertThat(string(telemetry.span(), Attribute.DAEMON_OPERATION)).isEqualTo("event.channel.exited");
        assertThat(telemetry.events(LogEvent.CHANNEL_EXITED)).singleElement().satisfies(log -> assertThat(
                        log.getSpanContext().getSpanId())
                .isEqualTo(telemetry.span().getSpanId()));
    }

    @Test
    void brokenPipe_isAnEventOfTheStep() {
        DaemonChannel channel = telemetry.daemon.channel("child-1");
        telemetry.daemon.bridge(BridgeOperation.PROMPT_DISPATCH).run(step -> {
            channel.reused();
            channel.failed(DaemonError.BRIDGE_CHANNEL_CLOSED);
        });

        assertThat(telemetry.span().getEvents())
                .extracting(event -> event.getName())
                .containsExactly("channel.reused", "channel.liveness_failed");
        assertThat(telemetry.events(LogEvent.CHANNEL_FAILED)).hasSize(1);
    }

    @Test
    void pitfall_112_stream_doesNotCountAsALatency() {
        DaemonRequest request = telemetry.request("GET", "/session/s-1/events");
        request.session("s-1");
        DaemonStream stream = request.stream("41");
        request.responded(200);
        request.close();
        assertThat(telemetry.total(Metric.ACTIVE_STREAMS)).isEqualTo(1);
        stream.wrote("42");
        stream.wrote(null);
        stream.waited(Duration.ofMillis(20));
        stream.waited(Duration.ofMillis(10));
        stream.slow();
        telemetry.passes(Duration.ofHours(1));
        stream.closed(StreamEnd.CLIENT_CLOSED);
        stream.closed(StreamEnd.FAILED);

        SpanData span = telemetry.span();
        assertThat(number(span, Attribute.SSE_DURATION)).isEqualTo(3_600_000);
        assertThat(number(span, Attribute.SSE_FRAMES)).isEqualTo(2);
        assertThat(number(span, Attribute.SSE_MAX_DRAIN)).isEqualTo(20);
        assertThat(string(span, Attribute.SSE_LAST_EVENT)).isEqualTo("42");
        assertThat(string(span, Attribute.SSE_RESUME_FROM)).isEqualTo("41");
        assertThat(string(span, Attribute.SSE_CLOSE_REASON)).isEqualTo("client_closed");
        assertThat(string(span, Attribute.OUTCOME)).isEqualTo("interrupted");
        assertThat(number(span, Attribute.HTTP_STATUS_CODE)).isEqualTo(200);
        assertThat(telemetry.total(Metric.DAEMON_REQUESTS)).isZero();
        assertThat(telemetry.total(Metric.DAEMON_REQUEST_DURATION)).isZero();
        assertThat(telemetry.total(Metric.ACTIVE_STREAMS)).isZero();
        assertThat(telemetry.events())
                .extracting(Api::eventName)
                .containsExactly(
                        "qwen-code.daemon.sse.opened",
                        "qwen-code.daemon.sse.slow_client",
                        "qwen-code.daemon.sse.closed");
    }

    @Test
    void stream_thatFailedIsAnError() {
        DaemonRequest request = telemetry.request("GET", "/session/s-1/events");
        DaemonStream stream = request.stream(null);
        request.error(new IllegalStateException("MARKER"));
        stream.closed(StreamEnd.FAILED);

        assertThat(telemetry.span().getStatus().getDescription()).isEqualTo("stream failed");
        assertThat(telemetry.events(LogEvent.DAEMON_ERROR)).hasSize(1);
    }

    @Test
    void pitfall_112_refusedStream_isARequest() {
        telemetry.request("GET", "/session/s-1/events").responded(429);

        assertThat(telemetry.total(Metric.DAEMON_REQUESTS)).isEqualTo(1);
    }

    @Test
    void pitfall_11_session_ofARunningStepIsNotChanged() {
        BridgeSpan step = telemetry
                .daemon
                .bridge(BridgeOperation.PROMPT_DISPATCH)
                .session("s-1")
                .start();
        try (Scope ignored = LlmSession.of("s-2").makeCurrent()) {
            step.session("s-2");
            step.completed();
        }

        assertThat(string(telemetry.span(), Attribute.SESSION_ID)).isEqualTo("s-1");
    }
}
