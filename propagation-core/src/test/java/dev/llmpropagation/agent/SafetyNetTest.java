package dev.llmpropagation.agent;

import static dev.llmpropagation.fixtures.Attributed.flag;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Spans that nobody ends. The numbers are those of docs/pitfalls.md. */
class SafetyNetTest {

    @RegisterExtension
    final AgentExtension telemetry = new AgentExtension();

    private final AgentTracing agent = telemetry.agent;

    @Test
    void pitfall_49_longInteractionWithActivity_isKept() {
        Interaction turn = agent.interaction("p").start();
        for (int i = 0; i < 5; i++) {
            telemetry.passes(Duration.ofMinutes(20));
            turn.tool("t").run(tool -> {});
            agent.sweep();
        }
        assertThat(turn.isEnded()).isFalse();
        turn.completed();
        assertThat(flag(telemetry.span(turn), "success")).isTrue();
    }

    @Test
    void pitfall_50_abandonedSpan_saysSo() {
        Interaction turn = agent.interaction("p").start();
        telemetry.passes(Duration.ofMinutes(30), agent::sweep);

        SpanData span = telemetry.span(turn);
        assertThat(flag(span, "qwen-code.span.ttl_expired")).isTrue();
        assertThat(outcome(span)).isEqualTo("abandoned");
        assertThat(flag(span, "success")).isFalse();
        assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        telemetry.told().contains("never ended");
    }

    /** Metrics know no outcome, so it would be a success that took this long. */
    @Test
    void pitfall_50_abandonedSpan_countsAsNoSuccess() {
        AgentTracing latest = telemetry.with(options -> options.latestConventions(true));
        List<AgentSpan> lost = List.of(
                latest.interaction("p").start(),
                latest.subagent("helper").start(),
                latest.tool("t").start(),
                latest.llmRequest("chat", "openai").start());
        telemetry.passes(Duration.ofMinutes(30), latest::sweep);

        assertThat(lost)
                .extracting(handle -> text(telemetry.span(handle), "error.type"))
                .containsOnly("abandoned");
        Map<String, List<String>> measured = new TreeMap<>();
        telemetry.metrics().stream()
                .filter(metric -> metric.getName().matches("gen_ai\\..*\\.duration"))
                .forEach(metric -> metric.getHistogramData().getPoints().forEach(point -> measured.computeIfAbsent(
                                metric.getName(), name -> new ArrayList<>())
                        .add(text(point, "error.type"))));
        assertThat(measured)
                .isEqualTo(Map.of(
                        "gen_ai.invoke_agent.duration", List.of("abandoned", "abandoned"),
                        "gen_ai.execute_tool.duration", List.of("abandoned"),
                        "gen_ai.client.inference.duration", List.of("abandoned")));
    }

    @Test
    void pitfall_50_outcomeThatComesLate_isTold() {
        Tool tool = agent.tool("t").start();
        telemetry.passes(Duration.ofMinutes(31), agent::sweep);
        tool.failed("late");
        assertThat(telemetry.diagnostics)
                .anySatisfy(line -> assertThat(line).contains("qwen-code.tool ended as failed"));
    }

    @Test
    void pitfall_48_approvalThatNobodyEverAnswers_isAborted() {
        Tool tool = agent.tool("t").start();
        ApprovalWait wait = tool.blockedOnUser().start();
        telemetry.passes(Duration.ofDays(7), agent::sweep);

        SpanData span = telemetry.span(wait);
        assertThat(text(span, "decision")).isEqualTo("aborted");
        assertThat(text(span, "source")).isEqualTo("system");
        assertThat(flag(span, "qwen-code.span.ttl_expired")).isTrue();
        assertThat(tool.isEnded()).isTrue();
    }

    @Test
    void approvalThatTakesDays_keepsItsPromptInOneTrace() {
        Interaction turn = agent.interaction("p").start();
        Tool tool = turn.tool("t").start();
        ApprovalWait wait = tool.blockedOnUser().start();
        for (int i = 0; i < 3; i++) {
            telemetry.passes(Duration.ofDays(2), agent::sweep);
        }
        wait.decided(Decision.PROCEED_ONCE, DecisionSource.CLI);
        tool.execution().run(run -> {});
        tool.completed();
        turn.completed();

        assertThat(telemetry.spans())
                .hasSize(4)
                .allSatisfy(span -> assertThat(span.getTraceId())
                        .isEqualTo(turn.spanContext().getTraceId()))
                .allSatisfy(span -> assertThat(outcome(span)).isEqualTo("completed"));
        assertThat(text(telemetry.span(wait), "decision")).isEqualTo("proceed_once");
        assertThat(telemetry.diagnostics).isEmpty();
    }

    /** Whoever asked has thrown, say, and did not close it: nobody waits for an answer any more. */
    @Test
    void approvalWhoseToolHasEnded_keepsNothingFromTheNet() {
        Interaction turn = agent.interaction("p").start();
        Tool tool = turn.tool("t").start();
        ApprovalWait wait = tool.blockedOnUser().start();
        telemetry.passes(Duration.ofHours(3), agent::sweep);
        assertThat(wait.isEnded()).isFalse();
        tool.completed();
        telemetry.passes(Duration.ofMinutes(31), agent::sweep);

        assertThat(turn.isEnded()).isTrue();
        assertThat(outcome(telemetry.span(wait))).isEqualTo("abandoned");
        assertThat(text(telemetry.span(wait), "decision")).isEqualTo("aborted");
    }

    @Test
    void approvalTimeToLive_isTheProgramsToSet() {
        AgentTracing hasty = telemetry.with(options -> options.approvalTimeToLive(Duration.ofHours(1)));
        ApprovalWait wait = hasty.tool("t").start().blockedOnUser().start();
        telemetry.passes(Duration.ofMinutes(59), hasty::sweep);
        assertThat(wait.isEnded()).isFalse();
        telemetry.passes(Duration.ofMinutes(30), hasty::sweep);
        assertThat(wait.isEnded()).isTrue();
    }

    @Test
    void toolThatRunsForHours_isKeptWithAllAround() {
        Interaction turn = agent.interaction("p").start();
        turn.tool("build").run(tool -> tool.execution().run(run -> {
            telemetry.passes(Duration.ofHours(3), agent::sweep);
            assertThat(List.of(turn, tool, run)).noneMatch(AgentSpan::isEnded);
        }));
        turn.completed();

        assertThat(telemetry.spans()).hasSize(3).allSatisfy(span -> assertThat(outcome(span))
                .isEqualTo("completed"));
    }

    @Test
    void asyncBodyThatTakesHoursToStart_isKept() {
        CompletableFuture<Boolean> ended = agent.tool("build").callAsync(tool -> {
            telemetry.passes(Duration.ofHours(3), agent::sweep);
            return CompletableFuture.completedFuture(tool.isEnded());
        });

        assertThat(ended.join()).isFalse();
        assertThat(outcome(telemetry.span("qwen-code.tool"))).isEqualTo("completed");
    }

    @Test
    void pitfall_51_childrenOfABackgroundAgent_liveAsLongAsIt() {
        Subagent helper = agent.subagent("helper").background().start();
        Tool tool = helper.tool("t").start();
        ToolExecution run = tool.execution().start();
        Tool other = agent.tool("other").start();
        telemetry.passes(Duration.ofMinutes(239), agent::sweep);
        assertThat(other.isEnded()).isTrue();
        assertThat(run.isEnded()).isFalse();
        assertThat(tool.isEnded()).isFalse();

        telemetry.passes(Duration.ofMinutes(2), agent::sweep);
        assertThat(text(telemetry.span(helper), "qwen-code.subagent.status")).isEqualTo("aborted");
        assertThat(text(telemetry.span(helper), "qwen-code.subagent.terminate_reason"))
                .isEqualTo("ttl_swept");
    }

    @Test
    void pitfall_36_activity_startsTheTimeAnew() {
        Tool tool = agent.tool("t").start();
        telemetry.passes(Duration.ofMinutes(29));
        tool.touch();
        telemetry.passes(Duration.ofMinutes(29), agent::sweep);
        assertThat(tool.isEnded()).isFalse();
        tool.completed();
        telemetry.passes(Duration.ofMinutes(31), agent::sweep);
        assertThat(flag(telemetry.span(tool), "qwen-code.span.ttl_expired")).isNull();
    }

    @Test
    void pitfall_124_handleThatNobodyHolds_stillEnds() {
        agent.tool("forgotten").start();
        System.gc();
        telemetry.passes(Duration.ofMinutes(31), agent::sweep);
        assertThat(outcome(telemetry.span("qwen-code.tool"))).isEqualTo("abandoned");
    }

    @Test
    void abandonedTool_keepsNobodyElseAlive() {
        Interaction turn = agent.interaction("p").start();
        Tool tool = turn.tool("t").start();
        tool.execution().start();
        telemetry.passes(Duration.ofMinutes(30), agent::sweep);
        assertThat(turn.isEnded()).isTrue();
        assertThat(tool.isEnded()).isTrue();
    }

    @Test
    void startOfALaterSpan_sweeps() {
        Tool forgotten = agent.tool("forgotten").start();
        telemetry.passes(Duration.ofMinutes(31));
        agent.tool("later").run(tool -> {});
        assertThat(forgotten.isEnded()).isTrue();
    }

    @Test
    void timeToLive_isTheProgramsToSet() {
        AgentTracing patient = telemetry.with(
                options -> options.timeToLive(Duration.ofHours(2)).backgroundTimeToLive(Duration.ofHours(3)));
        Tool tool = patient.tool("t").start();
        Subagent helper = patient.subagent("h").fork().start();
        telemetry.passes(Duration.ofMinutes(121), patient::sweep);
        assertThat(tool.isEnded()).isTrue();
        assertThat(helper.isEnded()).isFalse();
        patient.close();
    }

    @Test
    void sweeper_runsOnlyWhileSomethingIsOpen() {
        Executor executor = new Executor();
        AgentTracing swept = telemetry.with(options -> options.sweeper(executor));
        assertThat(executor.tasks).isEmpty();
        Tool tool = swept.tool("t").start();
        assertThat(executor.tasks).hasSize(1);
        executor.tasks.remove().run();
        assertThat(tool.isEnded()).isFalse();
        assertThat(executor.tasks).hasSize(1);
        telemetry.passes(Duration.ofMinutes(31));
        executor.tasks.remove().run();
        assertThat(tool.isEnded()).isTrue();
        assertThat(executor.tasks).isEmpty();
        executor.shutdownNow();
    }

    @Test
    void sweeperThatIsShutDown_changesNothing() {
        Executor executor = new Executor();
        executor.rejects = true;
        AgentTracing swept = telemetry.with(options -> options.sweeper(executor));
        swept.tool("t").run(tool -> {});
        assertThat(telemetry.spans()).hasSize(1);
        executor.shutdownNow();
    }

    @Test
    void sweeperThatFails_isAskedAgainNextTime() {
        Executor executor = new Executor();
        executor.failure = new IllegalStateException("no thread");
        AgentTracing swept = telemetry.with(options -> options.sweeper(executor));
        swept.tool("t").run(tool -> {});
        telemetry.told().contains("sweep");
        executor.failure = null;
        Tool tool = swept.tool("t").start();
        assertThat(executor.tasks).hasSize(1);
        tool.completed();
        executor.shutdownNow();
    }

    @Test
    void interactionThatEndsWhileItStarts_isLetGo() {
        Executor executor = new Executor();
        AgentTracing swept = telemetry.with(options -> options.sweeper(executor));
        executor.onSchedule = swept::close;
        Interaction turn = swept.interaction("p").start();
        assertThat(turn.isEnded()).isTrue();
        assertThat(swept.openSpans()).isZero();
        executor.shutdownNow();
    }

    @Test
    void close_endsAllAsCancelled() {
        Interaction turn = agent.interaction("p").start();
        Tool tool = turn.tool("t").start();
        agent.close();
        assertThat(telemetry.spans()).hasSize(2).allSatisfy(span -> assertThat(outcome(span))
                .isEqualTo("cancelled"));
        assertThat(tool.isEnded()).isTrue();
    }

    private static final class Executor extends ScheduledThreadPoolExecutor {
        final Deque<Runnable> tasks = new ArrayDeque<>();
        boolean rejects;
        RuntimeException failure;
        Runnable onSchedule = () -> {};

        Executor() {
            super(1);
        }

        @Override
        public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
            if (rejects) {
                throw new RejectedExecutionException();
            }
            if (failure != null) {
                throw failure;
            }
            assertThat(unit.toSeconds(delay)).isEqualTo(60);
            onSchedule.run();
            tasks.add(command);
            return null;
        }
    }
}
