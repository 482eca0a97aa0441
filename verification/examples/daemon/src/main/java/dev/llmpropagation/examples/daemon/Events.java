package dev.llmpropagation.examples.daemon;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The events of a session, for all who listen. Thread-safe. */
final class Events {

    private final List<Event> events = new ArrayList<>();
    private boolean ended;

    /** @param data an id, or empty */
    record Event(String name, String data) {

        /** As it is written to a stream. */
        String text(String id) {
            return "id: " + id + "\nevent: " + name + "\ndata: " + data + "\n\n";
        }
    }

    synchronized void add(String event, String data) {
        events.add(new Event(event, data));
        notifyAll();
    }

    synchronized void end() {
        ended = true;
        notifyAll();
    }

    /** Those who wait ask again whether they are still wanted. */
    synchronized void wake() {
        notifyAll();
    }

    /**
     * Waits for the event with this index; null if there will be none.
     *
     * @param unwanted whether who waits has to go
     */
    synchronized @Nullable Event await(int index, BooleanSupplier unwanted) {
        while (events.size() <= index && !ended && !unwanted.getAsBoolean()) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return null;
            }
        }
        return index < events.size() && !unwanted.getAsBoolean() ? events.get(index) : null;
    }
}
