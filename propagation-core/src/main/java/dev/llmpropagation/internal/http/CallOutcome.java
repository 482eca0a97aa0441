package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.span.Outcome;
import java.io.InterruptedIOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;

/** Who ended a call: the service, the program or a timeout. */
final class CallOutcome {

    // The timeout starts a little before the first of our steps does, and a pause of the JVM makes it more.
    private static final long MAX_SLACK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private CallOutcome() {}

    /** @param callStartNanos when the call entered the first of our steps, by {@link System#nanoTime()} */
    static Outcome of(Throwable failure, Call call, long callStartNanos) {
        if (failure instanceof SocketTimeoutException || isCallTimeout(failure)) {
            return Outcome.TIMED_OUT;
        }
        if (call.isCanceled()) {
            return callTimeoutIsOver(call, callStartNanos) ? Outcome.TIMED_OUT : Outcome.CANCELLED;
        }
        return isInterrupt(failure) ? Outcome.CANCELLED : Outcome.FAILED;
    }

    /** Whether the program has interrupted the thread. A timeout is no interrupt, though its exception can be of the same class. */
    private static boolean isInterrupt(Throwable failure) {
        return failure instanceof InterruptedIOException
                || failure instanceof ClosedByInterruptException
                // OkHttp is Kotlin, and throws this while it waits for a connection.
                || failure instanceof InterruptedException
                // The socket of a virtual thread is closed by an interrupt, and the flag stays.
                || (failure instanceof SocketException && Thread.currentThread().isInterrupted());
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

    /** OkHttp cancels a call that takes too long, so only the clock tells a timeout from a cancel of the program. */
    private static boolean callTimeoutIsOver(Call call, long callStartNanos) {
        long timeoutNanos = call.timeout().timeoutNanos();
        long slackNanos = Math.min(timeoutNanos / 10, MAX_SLACK_NANOS);
        return timeoutNanos > 0 && System.nanoTime() - callStartNanos >= timeoutNanos - slackNanos;
    }
}
