package dev.llmpropagation.http;

import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;

/** How an attempt ended, by who ended it: the attribute {@code llm_propagation.outcome}. */
enum Outcome {
    /** The body was read to its end. */
    COMPLETED,
    /** The network, the service or a status of 400 and above. */
    FAILED,
    /** The program cancelled the call. */
    CANCELLED,
    /** The consumer closed the body before its end. */
    INTERRUPTED,
    /** A timeout of the client. */
    TIMED_OUT,
    /** Nobody closed the body, and nobody can any more. */
    ABANDONED;

    // The timeout starts a little before the first of our steps does, and a pause of the JVM makes it more.
    private static final long MAX_SLACK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final String value = name().toLowerCase(Locale.ROOT);

    String value() {
        return value;
    }

    /** Whether span and metric show an error. */
    boolean isError() {
        return this == FAILED || this == TIMED_OUT;
    }

    /** @param callStartNanos when the call entered the first of our steps, by {@link System#nanoTime()} */
    static Outcome of(Throwable failure, Call call, long callStartNanos) {
        if (failure instanceof SocketTimeoutException || isCallTimeout(failure)) {
            return TIMED_OUT;
        }
        if (call.isCanceled()) {
            return callTimeoutIsOver(call, callStartNanos) ? TIMED_OUT : CANCELLED;
        }
        // Not a timeout, so the program interrupted its thread.
        return failure instanceof InterruptedIOException ? CANCELLED : FAILED;
    }

    /** For a body that was closed rather than read, when the call is cancelled. */
    static Outcome ofCanceled(Call call, long callStartNanos) {
        return callTimeoutIsOver(call, callStartNanos) ? TIMED_OUT : CANCELLED;
    }

    private static boolean isCallTimeout(Throwable failure) {
        return failure instanceof InterruptedIOException && "timeout".equals(failure.getMessage());
    }

    /** OkHttp ends a call that takes too long by {@link Call#cancel()}, so only the clock tells it from a caller. */
    private static boolean callTimeoutIsOver(Call call, long callStartNanos) {
        long timeoutNanos = call.timeout().timeoutNanos();
        long slackNanos = Math.min(timeoutNanos / 10, MAX_SLACK_NANOS);
        return timeoutNanos > 0 && System.nanoTime() - callStartNanos >= timeoutNanos - slackNanos;
    }
}
