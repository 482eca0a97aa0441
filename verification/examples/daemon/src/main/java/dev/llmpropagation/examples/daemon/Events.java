package dev.llmpropagation.examples.daemon;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The events of a session, for all who listen. Thread-safe. */
final class Events {

    private final List<String> events = new ArrayList<>();
    private boolean ended;

    synchronized void add(String event) {
        events.add(event);
        notifyAll();
    }

    synchronized void end() {
        ended = true;
        notifyAll();
    }

    /** Waits for the event with this index; null if there will be none. */
    synchronized @Nullable String await(int index) {
        while (events.size() <= index && !ended) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return null;
            }
        }
        return index < events.size() ? events.get(index) : null;
    }
}
