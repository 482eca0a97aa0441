package dev.llmpropagation.internal.span;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * How a span ends, and what is known of the reason.
 *
 * @param errorType the program's own, or null
 * @param message the program's own, or null; never that of an exception
 * @param detail what one type of span knows more; here, so that it comes from the end that counts
 */
public record Ending(
        Outcome outcome,
        @Nullable String errorType,
        @Nullable String message,
        @Nullable Throwable failure,
        @Nullable Object detail) {

    private static final Ending COMPLETED = new Ending(Outcome.COMPLETED, null, null, null, null);

    // A chain of causes can be a ring.
    private static final int MAX_DEPTH = 8;

    /** Without the words of an exception, which can carry a secret. */
    @Override
    public String toString() {
        String cause = failure == null ? "" : ", " + failure.getClass().getName();
        return "Ending{" + outcome.value() + (errorType == null ? "" : ", " + errorType) + cause + '}';
    }

    /** An end without further words. */
    public static Ending of(Outcome outcome) {
        return outcome == Outcome.COMPLETED ? COMPLETED : new Ending(outcome, null, null, null, null);
    }

    /** @param detail what the type of the span knows more */
    public static Ending of(Outcome outcome, Object detail) {
        return new Ending(outcome, null, null, null, detail);
    }

    /**
     * A failure that the program names itself.
     *
     * @param errorType of low cardinality, shown as {@code error.type}; null for what the type of the span has
     * @param message shown with the status, or null for none
     */
    public static Ending failed(@Nullable String errorType, @Nullable String message) {
        return new Ending(Outcome.FAILED, errorType, message, null, null);
    }

    /**
     * The end that an exception tells of: a timeout, a cancel, or else a failure. Wrappers of futures are looked through.
     * Never throws.
     *
     * @param cancelled what the program's signal says, or null without one
     */
    public static Ending of(Throwable failure, @Nullable Boolean cancelled) {
        try {
            return read(failure, cancelled);
        } catch (Throwable e) { // of getCause() or getMessage(), in the middle of an end: the program gets the failure
            // itself
            return new Ending(Outcome.FAILED, null, null, failure, null);
        }
    }

    private static Ending read(Throwable failure, @Nullable Boolean cancelled) {
        Throwable cause = unwrapped(failure);
        if (isTimeout(cause)) {
            return new Ending(Outcome.TIMED_OUT, null, null, cause, null);
        }
        // A real failure that races a cancel stays a failure; so does an abort that the program's signal denies.
        boolean cancel = isAbort(cause) && !Boolean.FALSE.equals(cancelled);
        return cancel ? of(Outcome.CANCELLED) : new Ending(Outcome.FAILED, null, null, cause, null);
    }

    /** What a future failed with: the cause in its {@link CompletionException} or {@link ExecutionException}. */
    public static Throwable unwrapped(Throwable failure) {
        Throwable current = failure;
        for (int depth = 0; depth < MAX_DEPTH; depth++) {
            Throwable cause = current.getCause();
            if (cause == null || !(current instanceof CompletionException || current instanceof ExecutionException)) {
                return current;
            }
            current = cause;
        }
        return current;
    }

    private static boolean isTimeout(Throwable failure) {
        Throwable current = failure;
        for (int depth = 0; current != null && depth < MAX_DEPTH; depth++) {
            if (current instanceof TimeoutException
                    || current instanceof SocketTimeoutException
                    || current instanceof HttpTimeoutException
                    || (current instanceof InterruptedIOException && "timeout".equals(current.getMessage()))) {
                return true;
            }
            current = current.getCause();
        }
        return false;
    }

    private static boolean isAbort(Throwable failure) {
        Throwable current = failure;
        for (int depth = 0; current != null && depth < MAX_DEPTH; depth++) {
            if (current instanceof CancellationException
                    || current instanceof InterruptedException
                    || current instanceof InterruptedIOException
                    || current instanceof ClosedByInterruptException
                    || (current instanceof IOException && "Canceled".equals(current.getMessage()))) { // OkHttp's
                return true;
            }
            current = current.getCause();
        }
        return false;
    }
}
