package dev.llmpropagation.daemon;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a step has asked the user and not been answered yet. Thread-safe. */
final class OpenQuestions {

    private final Map<String, Long> asked = new LinkedHashMap<>();

    /** Whether it is a new one. */
    synchronized boolean add(String id, long now) {
        return asked.putIfAbsent(id, now) == null;
    }

    synchronized boolean remove(String id) {
        return asked.remove(id) != null;
    }

    synchronized List<String> removeAll() {
        List<String> left = List.copyOf(asked.keySet());
        asked.clear();
        return left;
    }

    synchronized boolean isAskedSince(long nanos) {
        return asked.values().stream().anyMatch(when -> when - nanos > 0);
    }
}
