package dev.llmpropagation.doctor.trace;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/** Log records of traces, no more than there is room for. Not thread-safe. */
final class FoundLogs {

    private static final int MOST = 20_000;

    private final TextBudget budget;
    private final List<TraceLog> found = new ArrayList<>();
    private long leftOut;

    FoundLogs(TextBudget budget) {
        this.budget = budget;
    }

    void add(TraceLog log) {
        if (log.traceId().isEmpty()) {
            return;
        }
        if (found.size() < MOST) {
            found.add(budget.fit(log));
        } else {
            leftOut++;
        }
    }

    /**
     * Those of these traces, in the order of their times.
     *
     * @param notes told of what there was no room for
     */
    List<TraceLog> of(Set<String> traces, List<String> notes) {
        if (leftOut > 0) {
            notes.add("No more than " + MOST + " log records are shown; " + leftOut + " are left out.");
        }
        return found.stream()
                .filter(log -> traces.contains(log.traceId()))
                .sorted(Comparator.comparingLong(TraceLog::nanos))
                .toList();
    }
}
