package dev.llmpropagation.agent;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is told of the start and end of a session. The numbers are those of docs/pitfalls.md. */
class SessionEventsTest {

    @RegisterExtension
    final AgentExtension telemetry = new AgentExtension();

    private final AgentTracing agent = telemetry.agent;

    @Test
    void sessions_startAndEndOnce() {
        agent.sessionStarted("s-1", null);
        agent.sessionStarted("s-1", null);
        agent.sessionStarted("s-2", "s-1");
        agent.sessionEnded("s-1");
        agent.sessionEnded("s-1");
        agent.sessionEnded("never");
        assertThat(telemetry.events("session.start")).hasSize(2);
        assertThat(text(telemetry.events("session.start").get(1), "session.previous_id"))
                .isEqualTo("s-1");
        assertThat(telemetry.counter("qwen-code.session.count"))
                .singleElement()
                .satisfies(point -> assertThat(point.getValue()).isEqualTo(2));
    }

    @Test
    void pitfall_114_everySession_hasAnEndOfItsOwn() {
        agent.sessionStarted("boot", null);
        agent.sessionStarted("user", null);
        agent.sessionEnded("user");
        assertThat(telemetry.events("session.end"))
                .extracting(log -> text(log, "session.id"))
                .containsExactly("user");
    }
}
