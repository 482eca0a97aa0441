package dev.llmpropagation.gemini;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import okhttp3.Headers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryAfterTest {

    private static final long NOW = Instant.parse("2026-11-21T10:00:00Z").toEpochMilli();

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "7, 7000",
        "' 7 ', 7000",
        "'Sat, 21 Nov 2026 10:00:30 GMT', 30000",
        "'Sat, 21 Nov 2026 09:59:00 GMT', 0",
        "99999999999999999999, 9223372036854775807"
    })
    void secondsOrDate_areRead(String value, long millis) {
        assertThat(RetryAfter.millis(Headers.of("Retry-After", value), NOW)).isEqualTo(millis);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-7", "1.5", "soon", "٣", "Sat, 99 Nov 2026"})
    void anythingElse_isNothing(String value) {
        Headers headers =
                new Headers.Builder().addUnsafeNonAscii("Retry-After", value).build();
        assertThat(RetryAfter.millis(headers, NOW)).isZero();
    }

    @Test
    void date_isTakenByTheServersClock_whereItTellsIt() {
        Headers headers =
                Headers.of("Date", "Sat, 21 Nov 2026 10:05:00 GMT", "Retry-After", "Sat, 21 Nov 2026 10:05:02 GMT");
        assertThat(RetryAfter.millis(headers, NOW)).isEqualTo(2000);
    }

    @Test
    void noHeader_isNothing() {
        assertThat(RetryAfter.millis(Headers.of(), NOW)).isZero();
    }
}
