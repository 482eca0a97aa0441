package dev.llmpropagation.agent;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.internal.span.ToolCalls;
import io.opentelemetry.context.Context;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What handles say of themselves, and durations at their bounds. */
class BoundsTest {

    @RegisterExtension
    final AgentExtension telemetry = new AgentExtension();

    @Test
    void texts_nameTypeAndIds() {
        Tool tool = telemetry.agent.tool("t").start();
        String ids = tool.spanContext().getTraceId() + "/" + tool.spanContext().getSpanId();
        assertThat(tool).hasToString("qwen-code.tool{" + ids + "}");
        assertThat(telemetry.agent.openSpans()).isEqualTo(1);
        tool.completed();
        assertThat(tool).hasToString("qwen-code.tool{" + ids + ", ended}");
        assertThat(SpanNames.reference()).hasToString("SpanNames.reference()");
        assertThat(SpanNames.genAi()).hasToString("SpanNames.genAi()");
    }

    @Test
    void sweep_isAtMostOnceAMinute() {
        AgentTracing own = telemetry.with(options -> options.timeToLive(Duration.ofMinutes(1)));
        telemetry.passes(Duration.ofSeconds(10));
        Tool idle = own.tool("idle").start();
        telemetry.passes(Duration.ofSeconds(50));
        own.tool("t").start().completed(); // a minute: swept
        telemetry.passes(Duration.ofSeconds(15));
        own.tool("t").start().completed();
        assertThat(idle.isEnded()).isFalse();
        telemetry.passes(Duration.ofSeconds(45));
        own.tool("t").start().completed();
        assertThat(idle.isEnded()).isTrue();
    }

    @Test
    void idleFor_exactlyTheTimeToLive_isTooLong() {
        AgentTracing own = telemetry.with(options -> options.timeToLive(Duration.ofSeconds(30)));
        Tool idle = own.tool("idle").start();
        telemetry.passes(Duration.ofSeconds(30).minusNanos(1), own::sweep);
        assertThat(idle.isEnded()).isFalse();
        telemetry.passes(Duration.ofNanos(1), own::sweep);
        assertThat(idle.isEnded()).isTrue();
    }

    @Test
    void durations_canBeAYear() {
        Duration year = Duration.ofDays(365);
        assertThatCode(() -> telemetry.with(options ->
                        options.timeToLive(year).backgroundTimeToLive(year).streamIdleTimeout(year)))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT-1S", "P366D"})
    void durationOutOfRange_isRefusedByName(String text) {
        Duration duration = Duration.parse(text);
        assertThatThrownBy(() -> telemetry.with(options -> options.timeToLive(duration)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("timeToLive: ");
        assertThatThrownBy(() -> telemetry.with(options -> options.backgroundTimeToLive(duration)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("backgroundTimeToLive: ");
        assertThatThrownBy(() -> telemetry.with(options -> options.streamIdleTimeout(duration)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("streamIdleTimeout: ");
    }

    @Test
    void innermostSpan_isThatOfTheContext() {
        Tool tool = telemetry.agent.tool("t").start();
        ToolExecution inside = tool.execution().start();
        assertThat(tool.life.isInnermostIn(tool.context())).isTrue();
        assertThat(tool.life.isInnermostIn(inside.context())).isFalse();
        assertThat(inside.life.isInnermostIn(inside.context())).isTrue();
        assertThat(tool.life.isInnermostIn(Context.root())).isFalse();
        inside.completed();
        tool.completed();
    }

    @Test
    void toolCall_hasItsSpanInTheToolAndInItsRun_andNowhereElse() {
        Interaction turn = telemetry.agent.interaction("p").start();
        Tool tool = turn.tool("t").start();
        ToolExecution run = tool.execution().start();
        assertThat(ToolCalls.haveASpanIn(tool.context())).isTrue();
        assertThat(ToolCalls.haveASpanIn(run.context())).isTrue();
        assertThat(ToolCalls.haveASpanIn(turn.context())).isFalse();
        assertThat(ToolCalls.haveASpanIn(Context.root())).isFalse();
        run.completed();
        tool.completed();
        turn.completed();
    }

    @Test
    void spanThatNobodyEnded_isToldWithWhatToDo() {
        telemetry.agent.tool("t").start();
        telemetry.passes(Duration.ofMinutes(30), telemetry.agent::sweep);
        assertThat(telemetry.diagnostics)
                .containsExactly("qwen-code.tool was never ended; the safety net did. End each span, or run it by"
                        + " call(...), which does");
    }

    @Test
    void contentOfExactlyItsLongest_isRecorded_andOneMoreCharacterIsNot() {
        AgentTracing own = telemetry.with(
                options -> options.content(ContentCapture.on().maxLength(1).maxLength(5)));
        Tool five = own.tool("t").arguments("12345").start();
        Tool six = own.tool("t").arguments("123456").start();
        five.completed();
        six.completed();
        assertThat(text(telemetry.span(five), "gen_ai.tool.call.arguments")).isEqualTo("12345");
        assertThat(text(telemetry.span(six), "gen_ai.tool.call.arguments")).isNull();
        assertThatCode(() -> ContentCapture.on().maxLength(104_857_600)).doesNotThrowAnyException();
        assertThatThrownBy(() -> ContentCapture.on().maxLength(104_857_601))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("maxLength: ");
    }

    @Test
    void startedSessions_areAtMostSoMany_andTheOldestIsForgotten() {
        StartedSessions sessions = new StartedSessions(2);
        assertThat(sessions.add("a")).isTrue();
        assertThat(sessions.add("b")).isTrue();
        assertThat(sessions.add("a")).as("still known").isFalse();
        assertThat(sessions.add("c")).isTrue();
        assertThat(sessions.remove("a")).as("forgotten").isFalse();
        assertThat(sessions.remove("b")).isTrue();
        assertThat(sessions.remove("b")).isFalse();
        assertThat(sessions.add("b")).isTrue();
    }

    @Test
    void content_saysWhatIsRecorded() {
        assertThat(ContentCapture.off())
                .hasToString("ContentCapture{spans=false, events=false, reasoning=false, maxLength=1048576}");
        assertThat(ContentCapture.on().reasoning(true).maxLength(7))
                .hasToString("ContentCapture{spans=true, events=true, reasoning=true, maxLength=7}");
    }
}
