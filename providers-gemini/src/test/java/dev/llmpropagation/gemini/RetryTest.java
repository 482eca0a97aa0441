package dev.llmpropagation.gemini;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.http.Fault;
import com.google.genai.types.HttpRetryOptions;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.fixtures.WrittenBody;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The step by itself, in a clock of its own. */
class RetryTest {

    @RegisterExtension
    final GeminiWire wire = new GeminiWire();

    private final FakeTicker ticker = new FakeTicker();
    private final OkHttpClient client = new OkHttpClient.Builder()
            .addInterceptor(
                    new Retry(HttpRetryOptions.builder().attempts(3).jitter(0.0).build(), ticker))
            .build();

    @AfterEach
    void release() {
        client.connectionPool().evictAll();
    }

    @Test
    void waits_growBetweenAttemptsAndNoneFollowsTheLast() throws IOException {
        wire.answers(aResponse().withStatus(500));
        try (Response response = call(null).execute()) {
            assertThat(response.code()).isEqualTo(500);
        }
        assertThat(wire.requests()).hasSize(3);
        assertThat(ticker.sleptMillis()).isEqualTo(1000 + 2000);
    }

    @Test
    void wait_isAsLongAsTheServerAsks() throws IOException {
        wire.answersInTurn(aResponse().withStatus(429).withHeader("Retry-After", "7"), aResponse());
        call(null).execute().close();
        assertThat(wire.requests()).hasSize(2);
        assertThat(ticker.sleptMillis()).isEqualTo(7000);
    }

    @Test
    void wait_isAtMostMaxDelay_whateverTheServerAsks() throws IOException {
        wire.answersInTurn(aResponse().withStatus(429).withHeader("Retry-After", "86400"), aResponse());
        call(null).execute().close();
        assertThat(ticker.sleptMillis()).isEqualTo(60_000);
    }

    @Test
    void perRequestOptions_replaceThoseOfTheClient() throws IOException {
        wire.answers(aResponse().withStatus(418));
        call(HttpRetryOptions.builder()
                        .attempts(2)
                        .initialDelay(4.0)
                        .jitter(0.0)
                        .httpStatusCodes(List.of(418))
                        .build())
                .execute()
                .close();
        assertThat(wire.requests()).hasSize(2);
        assertThat(ticker.sleptMillis()).isEqualTo(4000);
    }

    @Test
    void sdksOwnRetry_isSwitchedOffForWhatComesAfter() throws IOException {
        wire.answers(aResponse());
        try (Response response = call(null).execute()) {
            HttpRetryOptions passed = response.request().tag(HttpRetryOptions.class);
            assertThat(passed).isNotNull();
            assertThat(passed.attempts()).contains(1);
            assertThat(passed.httpStatusCodes()).contains(List.of());
        }
    }

    @Test
    void lastException_isTheLastAttempts() {
        wire.answersInTurn(
                aResponse().withStatus(500),
                aResponse().withFault(Fault.RANDOM_DATA_THEN_CLOSE),
                aResponse().withFault(Fault.MALFORMED_RESPONSE_CHUNK));
        assertThatThrownBy(() -> call(null).execute().body().string()).isInstanceOf(IOException.class);
        assertThat(wire.requests()).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 500})
    void oneShotBody_isSentOnce(int status) throws IOException {
        wire.answers(aResponse().withStatus(status));
        Request request = Requests.post(wire.url(""), WrittenBody.onceBy(sink -> sink.writeUtf8("{}")));
        assertThat(Requests.status(client, request)).isEqualTo(status);
        assertThat(wire.requests()).hasSize(1);
        assertThat(ticker.sleptMillis()).isZero();
    }

    @Test
    void cancelWhileWaiting_endsTheWaitAndTheCall() {
        wire.answers(aResponse().withStatus(503));
        Call call = call(null);
        ticker.onSleep = slept -> {
            if (slept >= 100) {
                call.cancel();
            }
        };
        assertThatThrownBy(call::execute).isInstanceOf(IOException.class).hasMessage("Canceled");
        assertThat(wire.requests()).hasSize(1);
        assertThat(ticker.sleptMillis()).isEqualTo(100);
    }

    @Test
    void cancelledAttempt_isTheLastWithItsOwnException() {
        OkHttpClient cancelling = client.newBuilder()
                .addInterceptor(chain -> {
                    chain.call().cancel();
                    throw new IOException("of the attempt");
                })
                .build();
        Call call = cancelling.newCall(Requests.get(wire.url("")));
        assertThatThrownBy(call::execute).hasMessage("of the attempt");
        assertThat(ticker.sleptMillis()).isZero();
    }

    @Test
    void interruptWhileWaiting_endsTheCallAndKeepsTheFlag() {
        wire.answers(aResponse().withStatus(503));
        ticker.onSleep = slept -> {
            throw new InterruptedException();
        };
        assertThatThrownBy(() -> call(null).execute()).isInstanceOf(InterruptedIOException.class);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(wire.requests()).hasSize(1);
    }

    @Test
    void systemTicker_seesAnInterruptAlsoWithNothingToWaitFor() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> Ticker.SYSTEM.sleep(0)).isInstanceOf(InterruptedException.class);
    }

    private Call call(HttpRetryOptions own) {
        return client.newCall(new Request.Builder()
                .url(wire.url(""))
                .tag(HttpRetryOptions.class, own)
                .build());
    }

    private interface OnSleep {
        void slept(long millis) throws InterruptedException;
    }

    private static final class FakeTicker implements Ticker {
        private long nanos;
        private OnSleep onSleep = millis -> {};

        @Override
        public long nanoTime() {
            return nanos;
        }

        @Override
        public void sleep(long nanosToSleep) throws InterruptedException {
            nanos += nanosToSleep;
            onSleep.slept(sleptMillis());
        }

        long sleptMillis() {
            return TimeUnit.NANOSECONDS.toMillis(nanos);
        }
    }
}
