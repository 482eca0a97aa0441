package dev.llmpropagation.doctor.check;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What came of a stage. Immutable.
 *
 * @param millis how long it took, or null where that says nothing
 * @param failure why it failed; null unless it did
 * @param remedy what to do about it; empty if there is nothing to do
 */
record StageResult(
        Status status,
        String detail,
        @Nullable Long millis,
        @Nullable FailureClass failure,
        String remedy) {

    enum Status {
        PASSED,
        WARNING,
        FAILED,
        SKIPPED;

        String key() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static StageResult passed(String detail, @Nullable Long millis) {
        return new StageResult(Status.PASSED, detail, millis, null, "");
    }

    static StageResult warning(String detail, String remedy) {
        return new StageResult(Status.WARNING, detail, null, null, remedy);
    }

    static StageResult skipped(String detail) {
        return new StageResult(Status.SKIPPED, detail, null, null, "");
    }

    static StageResult failed(FailureClass failure, String detail, String remedy) {
        return new StageResult(Status.FAILED, detail, null, failure, remedy);
    }

    StageResult withRemedy(String other) {
        return new StageResult(status, detail, millis, failure, other);
    }
}
