package dev.llmpropagation.internal.span;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ThrowablesTest {

    private final List<String> taken = new ArrayList<>();

    @Test
    void stepsThatFail_keepNoneFromItsTurn_andTheFirstExceptionPasses() {
        RuntimeException first = new IllegalStateException("of a test");
        assertThatThrownBy(() -> Throwables.inTurn(
                        () -> take("a", null),
                        () -> take("b", first),
                        () -> take("c", new IllegalArgumentException("of a test")),
                        () -> take("d", null)))
                .isSameAs(first);

        assertThat(taken).containsExactly("a", "b", "c", "d");
    }

    @Test
    void error_passesWhateverExceptionCameBefore() {
        Error fatal = new OutOfMemoryError("of a test");
        assertThatThrownBy(() -> Throwables.forAll(
                        List.of(new IllegalStateException("of a test"), fatal, new StackOverflowError("of a test")),
                        thrown -> take(thrown.getClass().getSimpleName(), thrown)))
                .isSameAs(fatal);

        assertThat(taken).containsExactly("IllegalStateException", "OutOfMemoryError", "StackOverflowError");
    }

    @Test
    void stepsThatAllGoWell_throwNothing() {
        assertThatCode(() -> Throwables.inTurn(() -> take("a", null), () -> take("b", null)))
                .doesNotThrowAnyException();

        assertThat(taken).containsExactly("a", "b");
    }

    private void take(String step, @Nullable Throwable thrown) {
        taken.add(step);
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown instanceof RuntimeException exception) {
            throw exception;
        }
    }
}
