package dev.llmpropagation.daemon;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of one process. The number is right even if the program tells something twice, late or out of order:
 * each session begins once and ends once, however often it moves. Thread-safe.
 */
final class ChannelSessions {

    private final Map<String, String> labels = new HashMap<>();
    private boolean exited;
    private boolean shutDown;
    private boolean givenUp;

    /** Whether one could begin here: the process goes on, and does not have it. */
    synchronized boolean admits(String session) {
        return !exited && !shutDown && !givenUp && !labels.containsKey(session);
    }

    /** @param label of its workspace, for metrics */
    synchronized boolean open(String session, String label) {
        return admits(session) && labels.putIfAbsent(session, label) == null;
    }

    /** Another process has taken it up: the label that it had here, or null if this one was not given up with it. */
    synchronized @Nullable String takeOver(String session) {
        return givenUp ? labels.remove(session) : null;
    }

    synchronized boolean close(String session) {
        return labels.remove(session) != null;
    }

    /** The process ended: those that are lost with it; null if that was known. */
    synchronized @Nullable Set<String> exit() {
        if (exited) {
            return null;
        }
        exited = true;
        Set<String> lost = Set.copyOf(labels.keySet());
        labels.clear();
        return lost;
    }

    /** The daemon goes down, and the process with it: how many sessions end so. */
    synchronized int shutDown() {
        shutDown = true;
        int closed = labels.size();
        labels.clear();
        return closed;
    }

    synchronized Set<String> ids() {
        return Set.copyOf(labels.keySet());
    }

    /** Another process has taken the place of this one: sessions that go on are active there. */
    synchronized void giveUp() {
        givenUp = true;
    }

    /** Whether nothing is to be known of it any more, for good: another process has its place, and it has no session. */
    synchronized boolean isDone() {
        return givenUp && labels.isEmpty();
    }

    /** One for each active session. */
    synchronized List<String> labels() {
        return givenUp ? List.of() : List.copyOf(labels.values());
    }

    synchronized int size() {
        return labels.size();
    }
}
