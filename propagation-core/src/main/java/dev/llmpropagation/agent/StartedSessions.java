package dev.llmpropagation.agent;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The sessions that have started and not ended. Bounded: the oldest is forgotten if a program ends none. Thread-safe.
 */
final class StartedSessions {

    private final Set<String> ids = new LinkedHashSet<>();
    private final int max;

    StartedSessions(int max) {
        this.max = max;
    }

    synchronized boolean add(String id) {
        if (!ids.add(id)) {
            return false;
        }
        if (ids.size() > max) {
            ids.remove(ids.iterator().next());
        }
        return true;
    }

    synchronized boolean remove(String id) {
        return ids.remove(id);
    }
}
