package dev.llmpropagation.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.observation.Observation;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.observation.ChatModelObservationContext;
import org.springframework.ai.chat.prompt.Prompt;

/** An observation counts for one call, made on the thread that starts its stream, while it starts. */
class StreamStartsTest {

    private final StreamStarts starts = new StreamStarts();

    @Test
    void firstCallTakesTheObservation_theNextDoesNot() {
        ChatModelObservationContext outer = call();
        ChatModelObservationContext inner = call();
        starts.during(() -> {
            starts.onStart(outer);
            starts.during(() -> {
                assertThat(starts.take()).isNull();
                starts.onStart(inner);
                assertThat(starts.take()).isSameAs(inner);
            });
            assertThat(starts.take()).isSameAs(outer);
            assertThat(starts.take()).isNull();
        });
    }

    @Test
    void requestThatCannotBeBuilt_leavesNothingOnTheThread() {
        assertThatThrownBy(() -> starts.during(() -> {
                    starts.onStart(call());
                    throw new IllegalArgumentException("no such model");
                }))
                .hasMessage("no such model");
        assertThat(starts.take()).isNull();
        starts.during(() -> assertThat(starts.take()).isNull());
    }

    @Test
    void callThatIsNoStream_isNotHeld() {
        starts.onStart(call());
        assertThat(starts.take()).isNull();
    }

    @Test
    void streamThatMakesNoRequest_leavesNothingOnTheThread() {
        starts.during(() -> starts.onStart(call()));
        assertThat(starts.take()).isNull();
    }

    @Test
    void onlyModelCalls_areHandled() {
        assertThat(starts.supportsContext(call())).isTrue();
        assertThat(starts.supportsContext(new Observation.Context())).isFalse();
    }

    private static ChatModelObservationContext call() {
        return ChatModelObservationContext.builder()
                .prompt(new Prompt("hi"))
                .provider("p")
                .build();
    }
}
