package dev.llmpropagation.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.opentelemetry.context.Scope;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a handle that the program still holds keeps in memory. */
class ReachabilityTest {

    private static final int MANY = 200;

    @RegisterExtension
    final AgentExtension telemetry = new AgentExtension();

    private final AgentTracing agent = telemetry.agent;

    @Test
    void backgroundAgentsThatStartEachOther_areLetGo() {
        assertOnlyTheLastIsKept(
                last -> last.subagent("next").background().id("a").start());
    }

    @Test
    void backgroundAgentsThatStartEachOtherByTheContext_areLetGo() {
        assertOnlyTheLastIsKept(last -> {
            try (Scope ignored = last.makeCurrent()) {
                return agent.subagent("next").fork().start();
            }
        });
    }

    @Test
    void agentsThatTakeOverFromEachOther_areLetGo() {
        assertOnlyTheLastIsKept(last -> last.subagent("next").start());
    }

    @Test
    void toolsThatComeLate_letTheOnesBeforeGo() {
        assertOnlyTheLastIsKept(last -> {
            last.completed();
            return last.tool("next").start();
        });
    }

    @Test
    void toolsThatComeLateByTheContext_letTheOnesBeforeGo() {
        assertOnlyTheLastIsKept(last -> {
            ToolExecution run = ((Tool) last).execution().start();
            last.completed();
            run.completed();
            try (Scope ignored = run.makeCurrent()) {
                return agent.tool("next").start();
            }
        });
    }

    private void assertOnlyTheLastIsKept(UnaryOperator<AgentScope> next) {
        AgentScope last = agent.tool("first").start();
        List<WeakReference<AgentScope>> before = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            before.add(new WeakReference<>(last));
            AgentScope started = next.apply(last);
            last.completed();
            last = started;
        }
        await().untilAsserted(() -> {
            System.gc();
            assertThat(before)
                    .filteredOn(reference -> !reference.refersTo(null))
                    .as("all but, at most, the parent of the last one, which is open")
                    .hasSizeLessThanOrEqualTo(1);
        });
        last.completed();
        assertThat(last.isEnded()).isTrue();
    }

    @Test
    void endedHandle_keepsNoText() {
        List<WeakReference<String>> texts = new ArrayList<>();
        Interaction turn = agent.interaction("p").prompt(text("prompt", texts)).start();
        Tool tool = turn.tool("t").arguments(text("arguments", texts)).start();
        turn.answer(text("answer", texts));
        tool.result(text("result", texts));
        tool.completed();
        turn.completed();
        await().untilAsserted(() -> {
            System.gc();
            assertThat(texts).hasSize(4).allMatch(reference -> reference.refersTo(null));
        });
        assertThat(turn.isEnded() && tool.isEnded()).isTrue();
    }

    private static String text(String start, List<WeakReference<String>> texts) {
        String text = start + System.nanoTime();
        texts.add(new WeakReference<>(text));
        return text;
    }
}
