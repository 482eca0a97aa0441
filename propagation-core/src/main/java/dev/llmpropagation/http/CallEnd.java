package dev.llmpropagation.http;

import dev.llmpropagation.span.Outcome;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;

/** Who ended a call: the service, the program or a timeout. */
final class CallEnd {

    // The timeout starts a little before the first of our steps does, and a pause of the JVM makes it more.
    private static final long MAX_SLACK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private CallEnd() {}

    /** @param callStartNanos when the call entered the first of our steps, by {@link System#nanoTime()} */
    static Outcome of(Throwable failure, Call call, long callStartNanos) {
        if (failure instanceof SocketTimeoutException || isCallTimeout(failure)) {
            return Outcome.TIMED_OUT;
        }
        if (call.isCanceled()) {
            return callTimeoutIsOver(call, callStartNanos) ? Outcome.TIMED_OUT : Outcome.CANCELLED;
        }
        // Not a timeout, so the program interrupted its thread.
        return failure instanceof InterruptedIOException ? Outcome.CANCELLED : Outcome.FAILED;
    }

    /** For a body that was closed rather than read, when the call is cancelled. */
    static Outcome ofCancelled(Call call, long callStartNanos) {
        return callTimeoutIsOver(call, callStartNanos) ? Outcome.TIMED_OUT : Outcome.CANCELLED;
    }

    /** What OkHttp makes of it, behind our steps, for the program. */
    static Throwable asTheProgramSees(Throwable failure, Outcome outcome) {
        if (outcome != Outcome.TIMED_OUT || failure instanceof InterruptedIOException) {
            return failure;
        }
        InterruptedIOException timeout = new InterruptedIOException("timeout");
        timeout.initCause(failure);
        return timeout;
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
