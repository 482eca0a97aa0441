package dev.llmpropagation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.fixtures.Requests;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.stream.Stream;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
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
