package dev.llmpropagation.gemini;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.genai.types.HttpRetryOptions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackoffTest {

    private static final double NO_JITTER = 0.5;
    private final Backoff defaults = Backoff.of(HttpRetryOptions.builder().build());

    @Test
    void defaults_areThoseOfTheSdk() {
        assertThat(defaults).isEqualTo(new Backoff(5, 1, 60, 2, 1, List.of(408, 429, 500, 502, 503, 504)));
    }

    @ParameterizedTest
    @CsvSource({
        "1, 0.5, 1000",
        "2, 0.5, 2000",
        "3, 0.5, 4000",
        "7, 0.5, 60000",
        "3, 0.0, 0",
        "3, 0.25, 2000",
        "3, 0.75, 6000"
    })
    void delay_growsAndVaries(int attempt, double random, long millis) {
        assertThat(defaults.delayMillis(attempt, random, 0)).isEqualTo(millis);
    }

    @ParameterizedTest
    @CsvSource({"500, 1000", "3000, 3000", "60000, 60000", "61000, 60000", "9223372036854775807, 60000"})
    void delay_isAtLeastWhatTheServerAsksForUpToMaxDelay(long asked, long millis) {
        assertThat(defaults.delayMillis(1, NO_JITTER, asked)).isEqualTo(millis);
    }

    @Test
    void delay_isNeverNegative_whenJitterIsAboveOne() {
        Backoff wild = Backoff.of(HttpRetryOptions.builder().jitter(3.0).build());
        assertThat(wild.delayMillis(1, 0, 0)).isZero();
    }

    @Test
    void delay_isNeverNegative_whenOptionsAre() {
        Backoff odd = Backoff.of(
                HttpRetryOptions.builder().initialDelay(-5.0).maxDelay(-1.0).build());
        assertThat(odd.delayMillis(1, NO_JITTER, 5000)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "-3, 1", "1, 1", "4, 4"})
    void attempts_areAtLeastOne(int set, int attempts) {
        assertThat(Backoff.of(HttpRetryOptions.builder().attempts(set).build()).attempts())
                .isEqualTo(attempts);
    }

    @Test
    void success_isNotRetried_evenIfListed() {
        Backoff backoff = Backoff.of(HttpRetryOptions.builder()
                .httpStatusCodes(List.of(200, 304, 404))
                .build());
        assertThat(backoff.retries(200)).isFalse();
        assertThat(backoff.retries(304)).isTrue();
        assertThat(backoff.retries(404)).isTrue();
        assertThat(backoff.retries(500)).isFalse();
    }
}
