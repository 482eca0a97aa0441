package dev.llmpropagation.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import org.junit.jupiter.api.Test;

class LlmSessionTest {

    @Test
    void session_isThatOfTheContext() {
        assertThat(LlmSession.fromContext(Context.current())).isNull();
        try (Scope ignored = LlmSession.of("s-1").makeCurrent()) {
            assertThat(LlmSession.fromContext(Context.current()).id()).isEqualTo("s-1");
        }
    }

    @Test
    void text_showsTheId() {
        assertThat(LlmSession.of("s-1")).hasToString("LlmSession{s-1}");
    }
}
