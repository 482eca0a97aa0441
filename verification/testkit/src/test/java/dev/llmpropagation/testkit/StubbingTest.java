package dev.llmpropagation.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.function.Supplier;
import java.util.stream.Stream;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
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
    void tokens_areNotNegative() {
        assertThatThrownBy(() -> openai.willAnswer("hello").usage(-5, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("usage is -5 in, 1 out: use zero or more");
        assertThatThrownBy(() -> openai.willAnswer("hello").usage(5, -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("usage is 5 in, -1 out: use zero or more");
        assertThatCode(() -> openai.willAnswer("hello").usage(0, 0)).doesNotThrowAnyException();
    }

    @Test
    void words_makeSentences() throws IOException {
        Fault fault = new Fault.Reset(Fault.Phase.BEFORE_HEADERS);
        openai.willCallTool("weather", "{}")
                .every(Duration.ofMillis(1))
                .after(Duration.ofMillis(1))
                .usage(1, 2)
                .finishReason("stop")
                .thenFail(429)
                .retryAfter(1)
                .thenCallTool("news", "{}")
                .thenStream("he", "llo")
                .thenRedirectTo("https://other.example")
                .thenAnswer("last")
                .with(fault)
                .thenBreakMidStream()
                .thenStall()
                .thenBreakWith(fault)
                .thenAnswer("after all");

        assertThat(ask()).contains("weather", "\"total_tokens\":3");
        assertThat(ask()).contains("rate_limit_exceeded");
        assertThat(ask()).contains("news");
        assertThat(ask()).contains("hello");
        assertThat(ask()).isEmpty();
        assertThatThrownBy(StubbingTest::ask).isInstanceOf(IOException.class);
    }

    static Stream<Supplier<Stubbing>> beginnings() {
        Fault fault = new Fault.Reset(Fault.Phase.BEFORE_HEADERS);
        return Stream.of(
                () -> openai.willAnswer("hello"),
                () -> openai.willStream("he", "llo"),
                () -> openai.willCallTool("weather", "{}"),
                () -> openai.willFail(429),
                openai::willBreakMidStream,
                openai::willStall,
                () -> openai.willBreakWith(fault),
                () -> openai.willRedirectTo("https://other.example"));
    }

    @ParameterizedTest
    @MethodSource("beginnings")
    void beginning_forgetsWhatWasSaidBefore(Supplier<Stubbing> beginning) throws IOException {
        openai.willAnswer("forgotten");
        Stubbing stubbing = beginning.get();
        stubbing.thenAnswer("second");

        try {
            assertThat(ask(Duration.ofSeconds(2))).doesNotContain("forgotten").doesNotContain("second");
        } catch (IOException e) {
            // that it breaks is what some of them say
        }
        assertThat(ask()).contains("second");
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
                Arguments.of((ThrowingCallable) () -> openai.willAnswer("hello").after(null), "after"),
                Arguments.of((ThrowingCallable) () -> openai.willAnswer("hello").every(null), "every"),
                Arguments.of((ThrowingCallable) () -> openai.willFail(429).retryAfter(null), "retryAfter"),
                Arguments.of((ThrowingCallable) () -> openai.willAnswer("hello").with(null), "fault"),
                Arguments.of((ThrowingCallable) () -> openai.willStream((String[]) null), "pieces"),
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

    private static String ask() throws IOException {
        return ask(Duration.ofSeconds(20));
    }

    private static String ask(Duration patience) throws IOException {
        OkHttpClient client = new OkHttpClient.Builder()
                .retryOnConnectionFailure(false)
                .followRedirects(false)
                .readTimeout(patience)
                .build();
        Request request = new Request.Builder()
                .url(openai.baseUrl() + "/chat/completions")
                .post(RequestBody.create("{}", MediaType.get("application/json")))
                .build();
        try (Response response = client.newCall(request).execute()) {
            return response.body().string();
        }
    }
}
