package dev.llmpropagation.agent;

import static dev.llmpropagation.fixtures.Attributed.flag;
import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.fixtures.Attributed;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How a span ends, and what it says then. The numbers are those of docs/pitfalls.md. */
class EndingsTest {

    @RegisterExtension
    final AgentExtension telemetry = new AgentExtension();

    private final AgentTracing agent = telemetry.agent;

    @Test
    void pitfall_31_success_isOnEveryPath() {
        agent.tool("ok").run(tool -> {});
        agent.tool("error").run(tool -> tool.failed(ToolFailure.TOOL_ERROR));
        assertThatThrownBy(() -> agent.tool("thrown").run(tool -> {
                    throw new IOException("x");
                }))
                .isInstanceOf(IOException.class);
        agent.tool("cancelled").run(tool -> tool.cancelled());
        agent.tool("left").start().close();
        agent.tool("late").run(tool -> tool.timedOut());

        assertThat(telemetry.spans())
                .extracting(span -> text(span, "gen_ai.tool.name")
                        + ' '
                        + flag(span, "success")
                        + ' '
                        + text(span, "tool.failure_kind")
                        + ' '
                        + text(span, "error.type")
                        + ' '
                        + span.getStatus().getStatusCode())
                .containsExactly(
                        "ok true null null UNSET",
                        "error false tool_error tool_error ERROR",
                        "thrown false tool_exception tool_error ERROR",
                        "cancelled false cancelled null UNSET",
                        "left false cancelled null UNSET",
                        "late false timeout timeout ERROR");
    }

    @Test
    void pitfall_32_54_cancel_isNoError() {
        for (Exception abort : List.of(
                new CancellationException(),
                new CompletionException(new CancellationException()),
                new InterruptedException(),
                new RuntimeException("an SDK's", new IOException("Canceled")))) {
            assertThatThrownBy(() -> agent.interaction("p").run(turn -> {
                        throw abort;
                    }))
                    .isSameAs(abort);
        }
        assertThat(telemetry.spans()).hasSize(4).allSatisfy(span -> {
            assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
            assertThat(text(span, "error.type")).isNull();
            assertThat(flag(span, "success")).isFalse();
            assertThat(text(span, "qwen-code.turn_status")).isEqualTo("cancelled");
            assertThat(span.getEvents()).isEmpty();
        });
    }

    @Test
    void pitfall_33_errorThatRacesACancel_staysAnError() {
        assertThatThrownBy(() -> agent.tool("t").cancelledWhen(() -> true).run(tool -> {
                    throw new IOException("503");
                }))
                .isInstanceOf(IOException.class);
        assertThat(outcome()).isEqualTo("failed");
    }

    @Test
    void pitfall_33_abortThatNobodyAskedFor_isAnError() {
        assertThatThrownBy(() -> agent.tool("t").cancelledWhen(() -> false).run(tool -> {
                    throw new CancellationException();
                }))
                .isInstanceOf(CancellationException.class);
        assertThat(outcome()).isEqualTo("failed");
    }

    @Test
    void pitfall_34_cancelledToolThatReturns_isCancelled() {
        AtomicBoolean cancelled = new AtomicBoolean();
        agent.interaction("p").cancelledWhen(cancelled::get).run(turn -> turn.tool("t")
                .run(tool -> {
                    cancelled.set(true);
                }));
        assertThat(telemetry.spans()).hasSize(2).extracting(Attributed::outcome).containsOnly("cancelled");
    }

    @Test
    void timeouts_areToldApart() {
        assertThatThrownBy(() -> agent.interaction("p").run(turn -> {
                    throw new ExecutionException(new SocketTimeoutException("SECRET"));
                }))
                .isInstanceOf(ExecutionException.class);
        SpanData span = telemetry.spans().get(0);
        assertThat(outcome()).isEqualTo("timed_out");
        assertThat(text(span, "error.type")).isEqualTo("java.net.SocketTimeoutException");
        assertThat(text(span, "qwen-code.turn_status")).isEqualTo("error");
    }

    @Test
    void pitfall_35_endsThatRace_haveOneWinner() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            for (int i = 0; i < 200; i++) {
                Tool tool = agent.tool("t").start();
                CountDownLatch go = new CountDownLatch(1);
                List<Future<?>> ends = new ArrayList<>();
                for (Runnable end :
                        List.<Runnable>of(tool::completed, tool::cancelled, () -> tool.failed("x"), tool::timedOut)) {
                    ends.add(threads.submit(() -> {
                        go.await();
                        end.run();
                        return null;
                    }));
                }
                go.countDown();
                for (Future<?> end : ends) {
                    end.get(30, TimeUnit.SECONDS);
                }
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(telemetry.spans()).hasSize(200).allSatisfy(span -> {
            boolean success = flag(span, "success");
            String outcome = Attributed.outcome(span);
            assertThat(success).isEqualTo(outcome.equals("completed"));
            assertThat(text(span, "error.type") != null)
                    .isEqualTo(outcome.equals("failed") || outcome.equals("timed_out"));
            assertThat(text(span, "tool.failure_kind") == null).isEqualTo(success);
        });
        assertThat(telemetry.counter("qwen-code.tool.call.count").stream()
                        .mapToLong(LongPointData::getValue)
                        .sum())
                .isEqualTo(200);
    }

    @Test
    void pitfall_41_firstChunk_countsOnce() {
        LlmRequest request = telemetry.streamedCall();
        telemetry.passes(Duration.ofMillis(250));
        request.firstChunk();
        telemetry.passes(Duration.ofMillis(250));
        request.firstChunk();
        request.completed();
        assertThat(telemetry
                        .span(request)
                        .getAttributes()
                        .get(AttributeKey.doubleKey("gen_ai.response.time_to_first_chunk")))
                .isEqualTo(0.25);
    }

    @Test
    void pitfall_42_duration_beginsWithTheSpan() {
        Tool tool = agent.tool("t").start();
        telemetry.passes(Duration.ofMillis(1500));
        tool.completed();
        assertThat(number(telemetry.span(tool), "duration_ms")).isEqualTo(1500);
        assertThat(telemetry.points().sums("gen_ai.execute_tool.duration").values())
                .containsExactly(1.5);
    }

    @Test
    void pitfall_56_errorThatTheBodySet_isNotOverwritten() {
        agent.interaction("p").run(turn -> turn.failed("broken"));
        SpanData span = telemetry.spans().get(0);
        assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(text(span, "error.type")).isEqualTo("broken");
        agent.interaction("p").run(turn -> {});
        assertThat(telemetry.spans().get(1).getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    }

    @Test
    void pitfall_20_57_interaction_endsOnceOnEachWay() {
        assertThat(agent.interaction("p").<String, RuntimeException>call(turn -> {
                    if (turn.tool("t").call(tool -> {
                        tool.failed(ToolFailure.PLAN_MODE_BLOCKED);
                        return true;
                    })) {
                        return "early";
                    }
                    return "late";
                }))
                .isEqualTo("early");
        assertThatThrownBy(() -> agent.interaction("p").run(turn -> {
                    throw new StackOverflowError();
                }))
                .isInstanceOf(StackOverflowError.class);
        agent.interaction("p").run(turn -> turn.cancelled());
        assertThat(telemetry.events("qwen-code.conversation_finished"))
                .extracting(log -> text(log, "qwen-code.turn_status"))
                .containsExactly("ok", "error", "cancelled");
    }

    @Test
    void approval_isNeverAnError() {
        Tool tool = agent.tool("t").start();
        tool.blockedOnUser().run(wait -> wait.decided(Decision.ERROR, DecisionSource.SYSTEM));
        assertThatThrownBy(() -> tool.blockedOnUser().run(wait -> {
                    throw new IllegalStateException();
                }))
                .isInstanceOf(IllegalStateException.class);
        tool.completed();
        assertThat(telemetry.spans())
                .extracting(span -> span.getStatus().getStatusCode())
                .containsOnly(StatusCode.UNSET);
        assertThat(telemetry.counter("qwen-code.tool.call.count"))
                .extracting(point -> text(point, "decision"))
                .containsExactly("error");
    }

    @Test
    void pitfall_48_approvalWithoutADecision_isNoSuccess() {
        Tool tool = agent.tool("t").start();
        ApprovalWait returned = tool.blockedOnUser().start();
        returned.completed();
        ApprovalWait closed = tool.blockedOnUser().start();
        closed.close();
        ApprovalWait cancelled = tool.blockedOnUser().start();
        cancelled.cancelled();
        tool.completed();
        for (ApprovalWait wait : List.of(returned, closed, cancelled)) {
            SpanData span = telemetry.span(wait);
            assertThat(Attributed.outcome(span)).isEqualTo(wait == cancelled ? "cancelled" : "interrupted");
            assertThat(flag(span, "success")).isFalse();
            assertThat(text(span, "decision")).isEqualTo("aborted");
            assertThat(text(span, "source")).isEqualTo("system");
            assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        }
    }

    @Test
    void hookThatBlocks_isNoErrorButOneThatThrowsIs() {
        agent.hook(HookEvent.PRE_TOOL_USE).run(hook -> hook.blocked(BlockType.DENIED));
        assertThatThrownBy(() -> agent.hook(HookEvent.PRE_TOOL_USE).run(hook -> {
                    throw new IOException();
                }))
                .isInstanceOf(IOException.class);
        assertThat(telemetry.spans())
                .extracting(span -> span.getStatus().getStatusCode() + " " + text(span, "error.type"))
                .containsExactly("UNSET null", "ERROR hook_error");
    }

    @Test
    void pitfall_122_handleThatIsClosedEarly_isInterrupted() {
        try (LlmRequest request = telemetry.streamedCall()) {
            request.firstChunk();
        }
        SpanData span = telemetry.spans().get(0);
        assertThat(outcome()).isEqualTo("interrupted");
        assertThat(flag(span, "success")).isFalse();
        assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    }

    @Test
    void pitfall_123_everyWayToEnd_keepsWhatIsKnown() {
        for (java.util.function.Consumer<LlmRequest> end : List.<java.util.function.Consumer<LlmRequest>>of(
                LlmRequest::completed, LlmRequest::timedOut, LlmRequest::cancelled, LlmRequest::close)) {
            LlmRequest request = telemetry.streamedCall();
            request.firstChunk();
            request.response("r-1", "m-1");
            end.accept(request);
        }
        telemetry.with(options -> options).close();
        assertThat(telemetry.spans()).hasSize(4).allSatisfy(span -> {
            assertThat(text(span, "gen_ai.response.id")).isEqualTo("r-1");
            assertThat(span.getAttributes().get(AttributeKey.doubleKey("gen_ai.response.time_to_first_chunk")))
                    .isNotNull();
            assertThat(number(span, "duration_ms")).isNotNull();
        });
    }

    private String outcome() {
        assertThat(telemetry.spans()).hasSize(1);
        return Attributed.outcome(telemetry.spans().get(0));
    }
}
