package dev.llmpropagation;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.internal.http.LogicalCall;
import dev.llmpropagation.internal.span.Ending;
import io.opentelemetry.context.Context;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Whether the program or a timeout has ended a call, where OkHttp tells both in the same way. */
class CallTimeoutTest {

    private final FakeNetwork network = new FakeNetwork();

    @Test
    void cancelOfTheProgram_isNoTimeoutAlthoughTheClientHasOne() {
        assertThat(outcomeOfCancel(Duration.ofSeconds(30))).isEqualTo("cancelled");
    }

    @Test
    void cancelOfTheProgram_isNoTimeoutHoweverShortThatIs() {
        // A pause of this machine can make it one; then once more.
        for (int tries = 1; ; tries++) {
            long start = System.nanoTime();
            String outcome = outcomeOfCancel(Duration.ofMillis(100));
            if (System.nanoTime() - start < Duration.ofMillis(80).toNanos()) {
                assertThat(outcome).isEqualTo("cancelled");
                return;
            }
            assertThat(tries).isLessThan(100);
        }
    }

    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(new InterruptedIOException("timeout"), "timed_out"), // of Okio and OkHttp
                Arguments.of(new InterruptedIOException("interrupted"), "cancelled"), // of the program's thread
                Arguments.of(new IOException("timeout"), "failed"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void failureOfACallThatNobodyCancelled_isToldByItsClassAndText(IOException failure, String outcome) {
        OkHttpClient client = client(new OkHttpClient.Builder(), failure, false);
        assertThatThrownBy(() -> client.newCall(request()).execute()).isSameAs(failure);

        assertThat(outcome()).isEqualTo(outcome);
    }

    @Test
    void callThatTookTooLong_isToldByWhatTheProgramGets() {
        OkHttpClient client = network.propagation()
                .build()
                .instrument(new OkHttpClient.Builder().callTimeout(Duration.ofMillis(50)), "http://localhost")
                .addInterceptor(chain -> {
                    await().until(chain.call()::isCanceled);
                    throw new SocketException("Socket closed");
                })
                .build();
        assertThatThrownBy(() -> client.newCall(request()).execute())
                .isExactlyInstanceOf(InterruptedIOException.class)
                .hasMessage("timeout");

        assertThat(network.spans()).singleElement().satisfies(span -> assertThat(text(span, "error.type"))
                .isEqualTo("java.io.InterruptedIOException"));
        assertThat(outcome()).isEqualTo("timed_out");
    }

    /** An interrupt closes the socket of a virtual thread, and the flag stays; that of another exception says nothing of it. */
    @ParameterizedTest
    @CsvSource({"true,true,cancelled", "true,false,failed", "false,true,failed", "false,false,failed"})
    void failureOfASocket_isACancelIfTheThreadIsInterrupted(boolean socket, boolean interrupted, String outcome) {
        IOException failure = socket ? new SocketException("Closed by interrupt") : new IOException("reset");
        OkHttpClient client = network.client(network.propagation().build(), "http://localhost", request -> {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            return raise(failure);
        });
        try {
            assertThatThrownBy(() -> client.newCall(request()).execute()).isSameAs(failure);
        } finally {
            Thread.interrupted();
        }

        assertThat(outcome()).isEqualTo(outcome);
    }

    /** It cancels the OkHttp call, and is none. */
    @Test
    void deadlineOfTheProgram_isToldAsItSays() {
        stop(call -> call.cancel(Ending.of(new TimeoutException(), null)));

        assertThat(network.spans()).singleElement().satisfies(span -> assertThat(text(span, "error.type"))
                .isEqualTo("java.util.concurrent.TimeoutException"));
        assertThat(outcome()).isEqualTo("timed_out");
    }

    @Test
    void programThatStopsItsCall_saysNoReason() {
        stop(LogicalCall::cancel);

        assertThat(network.spans()).singleElement().satisfies(span -> assertThat(text(span, "error.type"))
                .isNull());
        assertThat(outcome()).isEqualTo("cancelled");
    }

    private void stop(Consumer<LogicalCall> stop) {
        LogicalCall logical = LogicalCall.ofOneRequest(Context.root());
        OkHttpClient client = network.client(network.propagation().build(), "http://localhost", request -> {
            stop.accept(logical);
            return raise(new IOException("Canceled"));
        });
        assertThatThrownBy(() -> client.newCall(request()
                                .newBuilder()
                                .tag(LogicalCall.class, logical)
                                .build())
                        .execute())
                .hasMessage("Canceled");
    }

    /** Undeclared, as Kotlin throws. */
    @SuppressWarnings("unchecked")
    private static <T, E extends Throwable> T raise(Throwable thrown) throws E {
        throw (E) thrown;
    }

    private String outcomeOfCancel(Duration timeout) {
        OkHttpClient client =
                client(new OkHttpClient.Builder().callTimeout(timeout), new IOException("Canceled"), true);
        assertThatThrownBy(() -> client.newCall(request()).execute()).isInstanceOf(IOException.class);
        return outcome();
    }

    private String outcome() {
        assertThat(network.outcomes()).hasSize(1);
        String outcome = network.outcomes().get(0);
        network.clear();
        return outcome;
    }

    private OkHttpClient client(OkHttpClient.Builder builder, IOException failure, boolean cancels) {
        return network.propagation()
                .build()
                .instrument(builder, "http://localhost")
                .addInterceptor(chain -> {
                    if (cancels) {
                        chain.call().cancel();
                    }
                    throw failure;
                })
                .build();
    }

    private static Request request() {
        return Requests.get("http://localhost/");
    }
}
