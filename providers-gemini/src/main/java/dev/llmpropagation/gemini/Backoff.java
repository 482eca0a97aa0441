package dev.llmpropagation.gemini;

import com.google.genai.types.HttpRetryOptions;
import java.util.List;

/**
 * How often and after which delay to try again: {@link HttpRetryOptions} with the SDK's defaults.
 *
 * @param attempts in all, at least 1
 * @param initialDelay seconds before the second attempt, without jitter
 * @param maxDelay seconds that no delay exceeds, one that the server asks for included
 * @param expBase factor from one delay to the next
 * @param jitter share of the delay by which it varies, both ways
 * @param httpStatusCodes codes to try again after, unless they are of success
 */
record Backoff(
        int attempts,
        double initialDelay,
        double maxDelay,
        double expBase,
        double jitter,
        List<Integer> httpStatusCodes) {

    private static final List<Integer> RETRIED = List.of(408, 429, 500, 502, 503, 504);

    static Backoff of(HttpRetryOptions options) {
        return new Backoff(
                Math.max(options.attempts().orElse(5), 1),
                options.initialDelay().orElse(1.0),
                options.maxDelay().orElse(60.0),
                options.expBase().orElse(2.0),
                options.jitter().orElse(1.0),
                options.httpStatusCodes().orElse(RETRIED));
    }

    boolean retries(int code) {
        boolean success = code >= 200 && code < 300;
        return !success && httpStatusCodes.contains(code);
    }

    /**
     * The longer of what the options and the server ask for, at most {@link #maxDelay}.
     *
     * @param attempt that failed, from 1
     * @param random from 0 to 1
     * @param askedMillis by the server; 0 for nothing
     * @return milliseconds, never negative
     */
    long delayMillis(int attempt, double random, long askedMillis) {
        double factor = Math.pow(expBase, attempt - 1.0) * (1.0 + jitter * (random * 2.0 - 1.0));
        double own = Math.min(maxDelay, initialDelay * factor);
        double asked = Math.min(maxDelay, askedMillis / 1000.0);
        return Math.max(0, (long) (Math.max(own, asked) * 1000));
    }
}
