package dev.llmpropagation.gemini;

import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.gemini.GeminiWire.MODEL;
import static dev.llmpropagation.gemini.GeminiWire.answer;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Since google-genai 2 the future of {@code generateContent} has a stage more behind the one that reads the answer. */
class CancelledAnswerTest {

    @RegisterExtension
    final GeminiWire wire = new GeminiWire();

    @Test
    void cancelledGenerateContent_isReadToItsEndByTheSdk() {
        wire.answers(answer().withFixedDelay(500));
        Connections connections = new Connections();
        CancelledFutureTest.client(wire, connections)
                .async
                .models
                .generateContent(MODEL, "hi", null)
                .cancel(true);
        assertThat(outcome(wire.attempts(1).get(0))).isEqualTo("completed");
        assertThat(connections.acquired).hasValue(1);
        assertThat(connections.released).hasValue(1);
    }
}
