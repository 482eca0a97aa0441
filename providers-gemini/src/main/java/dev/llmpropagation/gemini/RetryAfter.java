package dev.llmpropagation.gemini;

import java.time.Instant;
import okhttp3.Headers;

/** The delay that a server asks for by {@code Retry-After}, in seconds or as a date. */
final class RetryAfter {

    private static final int MAX_DIGITS = 9;

    private RetryAfter() {}

    /**
     * @param nowMillis for a date, when the response does not say by {@code Date} what time it is for the server
     * @return milliseconds; 0 if there is none, or none that can be read, or the time has passed
     */
    static long millis(Headers headers, long nowMillis) {
        String value = headers.get("Retry-After");
        if (value == null) {
            return 0;
        }
        String seconds = value.strip();
        if (isNumber(seconds)) {
            return seconds.length() > MAX_DIGITS ? Long.MAX_VALUE : Long.parseLong(seconds) * 1000;
        }
        Instant at = headers.getInstant("Retry-After");
        Instant now = headers.getInstant("Date");
        return at == null ? 0 : Math.max(0, at.toEpochMilli() - (now != null ? now.toEpochMilli() : nowMillis));
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }
}
