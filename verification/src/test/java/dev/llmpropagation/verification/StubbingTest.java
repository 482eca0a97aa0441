package dev.llmpropagation.verification;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What cannot be meant is refused where it is written, not by a strange answer later. */
class StubbingTest {

    @RegisterExtension
    static final LlmServer openai = LlmServer.openAi();

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 200, 399, 600})
    void failure_hasAStatusThatIsOne(int status) {
        assertThatThrownBy(() -> openai.willFail(status))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("status is " + status + ": a failure has 400 to 599");
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 599})
    void failure_mayHaveTheFirstAndTheLastStatus(int status) {
        assertThatCode(() -> openai.willFail(status)).doesNotThrowAnyException();
    }

    static Stream<Arguments> followers() {
        return Stream.of(
                Arguments.of(
                        (ThrowingCallable) () -> openai.willAnswer("hello").retryAfter(1),
                        "retryAfter follows willFail or thenFail, and here it follows Said"),
                Arguments.of(
                        (ThrowingCallable)
                                () -> openai.willRedirectTo("http://localhost").retryAfter(1),
                        "retryAfter follows willFail or thenFail, and here it follows Redirect"),
                Arguments.of(
                        (ThrowingCallable) () -> openai.willFail(500).usage(1, 2),
                        "usage follows an answer of the model, and here it follows Failure"),
                Arguments.of(
                        (ThrowingCallable) () -> openai.willFail(500).finishReason("stop"),
                        "finishReason follows an answer of the model, and here it follows Failure"));
    }

    @ParameterizedTest
    @MethodSource("followers")
    void word_isRefusedWhereItMeansNothing(ThrowingCallable sentence, String message) {
        assertThatThrownBy(sentence).isInstanceOf(IllegalStateException.class).hasMessageStartingWith(message);
    }

    @Test
    void time_isNotNegative() {
        Duration negative = Duration.ofMillis(-1);

        assertThatThrownBy(() -> openai.willAnswer("hello").every(negative))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("every is PT-0.001S: use zero or more");
        assertThatThrownBy(() -> openai.willAnswer("hello").after(negative))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("after is PT-0.001S: use zero or more");
        assertThatThrownBy(() -> openai.willFail(429).retryAfter(negative))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("retryAfter is PT-0.001S: use zero or more");
    }

    @Test
    void stream_hasPieces() {
        assertThatThrownBy(openai::willStream)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("A stream has one piece or more: willStream(\"he\", \"llo\")");
    }

    static Stream<Arguments> nulls() {
        return Stream.of(
                Arguments.of((ThrowingCallable) () -> openai.willAnswer(null), "text"),
                Arguments.of((ThrowingCallable) () -> openai.willStream("he", null), "piece"),
                Arguments.of((ThrowingCallable) () -> openai.willCallTool(null, "{}"), "name"),
                Arguments.of((ThrowingCallable) () -> openai.willCallTool("weather", null), "jsonArguments"),
                Arguments.of((ThrowingCallable) () -> openai.willRedirectTo(null), "url"),
                Arguments.of((ThrowingCallable) () -> openai.willBreakWith(null), "fault"),
                Arguments.of((ThrowingCallable) () -> openai.willAnswer("hello").finishReason(null), "finishReason"),
                Arguments.of((ThrowingCallable) () -> new Fault.Disconnect(null), "phase"),
                Arguments.of((ThrowingCallable) () -> new Fault.Reset(null), "phase"),
                Arguments.of((ThrowingCallable) () -> new Fault.Stall(null), "phase"),
                Arguments.of((ThrowingCallable) () -> new Fault.Garbage(null), "phase"));
    }

    @ParameterizedTest
    @MethodSource("nulls")
    void null_isRefusedByItsName(ThrowingCallable sentence, String name) {
        assertThatThrownBy(sentence).isInstanceOf(NullPointerException.class).hasMessage(name);
    }
}
