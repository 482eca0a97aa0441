package dev.llmpropagation.doctor.check;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the check found. Immutable. */
record CheckReport(CheckPlan plan, Map<CheckStage, StageResult> stages, List<HeaderAdvice> headers) {

    private static final StageResult NOT_REACHED = StageResult.skipped("not reached");

    CheckReport {
        Map<CheckStage, StageResult> all = new EnumMap<>(CheckStage.class);
        for (CheckStage stage : CheckStage.values()) {
            all.put(stage, stages.getOrDefault(stage, NOT_REACHED));
        }
        stages = Collections.unmodifiableMap(all);
    }

    /** The first that failed; null if none did. */
    @Nullable
    CheckStage failed() {
        return stages.entrySet().stream()
                .filter(stage -> stage.getValue().status() == StageResult.Status.FAILED)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(null);
    }

    int exitCode() {
        CheckStage failed = failed();
        return failed == null ? 0 : failed.exitCode();
    }
}
