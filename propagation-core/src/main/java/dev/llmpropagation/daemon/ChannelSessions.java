package dev.llmpropagation.daemon;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The sessions of one process. Whatever is told twice, late or out of order leaves the right number. Thread-safe. */
final class ChannelSessions {

    private final Set<String> ids = new HashSet<>();
    private boolean exited;

    synchronized boolean open(String session) {
        return !exited && ids.add(session);
    }

    synchronized boolean close(String session) {
        return ids.remove(session);
    }

    /** The process ended: those that are lost with it; null if that was known. */
    synchronized @Nullable Set<String> exit() {
        if (exited) {
            return null;
        }
        exited = true;
        Set<String> lost = Set.copyOf(ids);
        ids.clear();
        return lost;
    }

    synchronized Set<String> ids() {
        return Set.copyOf(ids);
    }

    synchronized int size() {
        return ids.size();
    }
}
