package dev.llmpropagation.daemon;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The open questions of a step to the user: at most 100, because their ids come from the process. Thread-safe.
 */
final class OpenQuestions {

    private static final int MAX_OPEN = 100;

    private final Map<String, Long> asked = new LinkedHashMap<>();
    private long leftOut;
    private boolean closed;

    /** Whether it is a new one, for which there is room. */
    synchronized boolean add(String id, long now) {
        if (closed || asked.containsKey(id)) {
            return false;
        }
        if (asked.size() == MAX_OPEN) {
            leftOut++;
            return false;
        }
        asked.put(id, now);
        return true;
    }

    synchronized boolean remove(String id) {
        return asked.remove(id) != null;
    }

    /** Accepts no more. Returns those that were open. */
    synchronized List<String> close() {
        closed = true;
        List<String> left = List.copyOf(asked.keySet());
        asked.clear();
        return left;
    }

    /** How many there was no room for. */
    synchronized long leftOut() {
        return leftOut;
    }

    synchronized boolean isAskedSince(long nanos) {
        return asked.values().stream().anyMatch(when -> when - nanos > 0);
    }
}
