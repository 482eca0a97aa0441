package dev.llmpropagation.testkit;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How the bytes of one response go out. Immutable. */
record SendingPlan(Duration after, Duration every, @Nullable Fault fault) {

    boolean strikes(Fault.Phase phase) {
        return fault != null && fault.phase() == phase;
    }
}
