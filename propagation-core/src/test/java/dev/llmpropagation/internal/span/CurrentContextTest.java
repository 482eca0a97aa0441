package dev.llmpropagation.internal.span;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.Scope;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The Context is the program's, and so is what finds that of a caller. */
class CurrentContextTest {

    private static final ContextKey<String> KEY = ContextKey.named("key");
    private static final Context CONTEXT = Context.root().with(KEY, "value");

    private final List<String> told = new ArrayList<>();
    private final CurrentContext current = new CurrentContext((what, cause) -> told.add(what + cause));

    @Test
    void caller_isTheCurrentContext_orTheOneThatTheProgramFinds() {
        CurrentContext found =
                new CurrentContext((what, cause) -> told.add(what), context -> context.with(KEY, "found"));
        try (Scope ignored = CONTEXT.makeCurrent()) {
            assertThat(current.caller()).isSameAs(CONTEXT);
            assertThat(found.caller().get(KEY)).isEqualTo("found");
        }
        assertThat(told).isEmpty();
    }

    @Test
    void callerThatCannotBeFound_isTheCurrentContext_andIsTold() {
        CurrentContext failing = new CurrentContext((what, cause) -> told.add(what), context -> {
            throw new IllegalStateException("the program's");
        });
        try (Scope ignored = CONTEXT.makeCurrent()) {
            assertThat(failing.caller()).isSameAs(CONTEXT);
        }
        assertThat(told).containsExactly("The Context of a caller could not be found; the current one counts");
    }

    @Test
    void contextThatCannotBeMadeCurrent_isTold_andTheTaskRuns() {
        IllegalStateException failure = new IllegalStateException("the program's");
        List<String> ran = new ArrayList<>();
        current.wrap(new FailingContext(failure), () -> ran.add("task")).run();
        assertThat(ran).containsExactly("task");
        assertThat(told).containsExactly("A Context could not be made current" + failure);
    }

    @Test
    void contextThatCannotBeTakenBack_isTold() {
        IllegalStateException failure = new IllegalStateException("the program's");
        current.restore(() -> {
            throw failure;
        });
        assertThat(told).containsExactly("A Context could not be taken back" + failure);
    }

    @Test
    void task_hasItsContext_andTheThreadTheOneBefore() {
        List<@Nullable String> seen = new ArrayList<>();
        current.wrap(CONTEXT, () -> seen.add(Context.current().get(KEY))).run();
        assertThat(seen).containsExactly("value");
        assertThat(Context.current().get(KEY)).isNull();

        IllegalStateException failure = new IllegalStateException("the task's");
        assertThatThrownBy(() -> current.wrap(CONTEXT, () -> {
                            throw failure;
                        })
                        .run())
                .isSameAs(failure);
        assertThat(Context.current().get(KEY)).isNull();
    }

    private record FailingContext(RuntimeException failure) implements Context {
        @Override
        public <V> @Nullable V get(ContextKey<V> key) {
            return null;
        }

        @Override
        public <V> Context with(ContextKey<V> key, V value) {
            return this;
        }

        @Override
        public Scope makeCurrent() {
            throw failure;
        }
    }
}
