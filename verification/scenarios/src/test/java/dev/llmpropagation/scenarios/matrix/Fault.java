package dev.llmpropagation.scenarios.matrix;

import java.util.List;

/**
 * What happens to a call, and what must be seen of it.
 *
 * <p>The outcomes are those of the attempts in their order; a call is allowed one retry.
 */
enum Fault {
    OK(List.of("completed"), List.of("completed")),
    CLIENT_ERROR(List.of("failed"), List.of("failed")),
    SERVER_ERROR_THEN_OK(List.of("failed", "completed"), List.of("failed", "completed")),
    CONNECTION_REFUSED(List.of("failed", "failed"), List.of("failed", "failed")),
    RESET_BEFORE_HEADERS(List.of("failed", "failed"), List.of("failed", "failed")),
    CUT_IN_MID_STREAM(List.of("failed"), List.of("failed")),
    STALL_WITH_READ_TIMEOUT(List.of("timed_out", "timed_out"), List.of("timed_out")),
    CALLER_CANCELS(List.of("cancelled"), List.of("cancelled")),
    CONSUMER_CLOSES_EARLY(List.of("completed"), List.of("interrupted")),
    REDIRECT_SAME_HOST(List.of("completed", "completed"), List.of("completed", "completed")),
    REDIRECT_OTHER_HOST(List.of("completed", "completed"), List.of("completed", "completed"));

    private final List<String> outcomes;
    private final List<String> outcomesOfStream;

    Fault(List<String> outcomes, List<String> outcomesOfStream) {
        this.outcomes = outcomes;
        this.outcomesOfStream = outcomesOfStream;
    }

    List<String> outcomes(Mode mode) {
        return mode.streams() ? outcomesOfStream : outcomes;
    }
}
