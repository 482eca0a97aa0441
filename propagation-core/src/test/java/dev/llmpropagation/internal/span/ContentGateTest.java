package dev.llmpropagation.internal.span;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What a span may show of content. */
class ContentGateTest {

    @Test
    void text_isShownWhole_upToTheLongest() {
        ContentGate gate = new ContentGate(true, false, false, 5, UnaryOperator.identity());
        assertThat(gate.forSpan("12345")).isEqualTo("12345");
        assertThat(gate.forSpan("123456")).isNull();
        assertThat(gate.forSpan(null)).isNull();
        assertThat(gate.forSpan("a\ud83d")).as("half of a pair").isEqualTo("a\ufffd");
    }

    @Test
    void text_isShownAsItsRedactionLeavesIt() {
        ContentGate gate = new ContentGate(true, false, false, 5, text -> text.equals("no") ? null : text + "!");
        assertThat(gate.forSpan("yes")).isEqualTo("yes!");
        assertThat(gate.forSpan("yes!!"))
                .as("its length after the redaction counts")
                .isNull();
        assertThat(gate.forSpan("no")).isNull();
    }

    @Test
    void gateOfEventsAlone_showsNothingOnSpans_andAsksNoRedaction() {
        ContentGate gate = new ContentGate(false, true, false, 5, text -> {
            throw new AssertionError(text);
        });
        assertThat(gate.forSpan("12345")).isNull();
    }

    @Test
    void printedContent_saysNothing() {
        assertThat(new CallContent("SECRET", "SECRET", "SECRET", "SECRET")).hasToString("CallContent");
    }
}
