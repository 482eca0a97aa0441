package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.FewValues;
import dev.llmpropagation.internal.span.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * How an attempt of a model call ended, and what that means for the call. Immutable.
 *
 * @param status of the response; 0 without one
 */
record AttemptEnd(Outcome outcome, @Nullable Throwable failure, int status) {

    boolean isRedirect() {
        return status / 100 == 3;
    }

    boolean isFailure() {
        return outcome.isError() || status >= 300;
    }

    /** Whether it ended because the program did not read the response to its end. */
    boolean isLeft() {
        return outcome == Outcome.INTERRUPTED || outcome == Outcome.CANCELLED || outcome == Outcome.ABANDONED;
    }

    /** What the program gets counts where the attempts themselves tell of no failure. */
    AttemptEnd judgedBy(Throwable thrown) {
        if (outcome == Outcome.TIMED_OUT) {
            return this;
        }
        Ending told = Ending.of(thrown, null);
        return switch (told.outcome()) {
            // Between two attempts as well: then the service's last word was not the end.
            case CANCELLED -> new AttemptEnd(Outcome.CANCELLED, null, 0);
            case TIMED_OUT -> isFailure() ? this : new AttemptEnd(Outcome.TIMED_OUT, told.failure(), 0);
            default ->
                isFailure() || outcome == Outcome.CANCELLED ? this : new AttemptEnd(outcome, told.failure(), status);
        };
    }

    /** What the program has stopped counts as that, whatever the service said before. */
    static AttemptEnd ofStopped(@Nullable AttemptEnd last, @Nullable Ending stopped) {
        if (last != null && (stopped == null || last.outcome == Outcome.TIMED_OUT)) {
            return last;
        }
        return stopped == null
                ? new AttemptEnd(Outcome.INTERRUPTED, null, 0)
                : new AttemptEnd(stopped.outcome(), stopped.failure(), 0);
    }

    /** Whether an error that stands in the response counts. Whoever reads one stops there, and closes it early. */
    boolean countsErrorInResponse() {
        return status < 300 && (outcome == Outcome.COMPLETED || outcome == Outcome.INTERRUPTED);
    }

    /**
     * How the span of the call ends.
     *
     * @param errorInResponse null if there is none, or it does not count
     */
    Ending ofTheCall(@Nullable String errorInResponse, FewValues statuses) {
        if (status >= 300) { // a redirect that nobody followed is no response either
            return Ending.failed(statuses.of(Integer.toString(status)), null);
        }
        if (errorInResponse != null) {
            return Ending.failed(errorInResponse, null);
        }
        return switch (outcome) {
            case FAILED -> failed();
            case TIMED_OUT -> new Ending(Outcome.TIMED_OUT, "timeout", null, null, null);
            case CANCELLED -> Ending.of(Outcome.CANCELLED);
            case COMPLETED, INTERRUPTED, ABANDONED -> failure == null ? Ending.of(outcome) : failed();
        };
    }

    /** Not by the exception itself, which is on the attempt: how it ended is decided here. */
    private Ending failed() {
        return Ending.failed(failure == null ? "_OTHER" : failure.getClass().getName(), null);
    }
}
