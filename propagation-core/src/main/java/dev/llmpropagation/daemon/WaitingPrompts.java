package dev.llmpropagation.daemon;

import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The prompts of a request that are in a queue. Held weakly: one that nobody has any more will never leave it. Thread-safe.
 */
final class WaitingPrompts {

    private @Nullable Set<QueuedPrompt> waiting; // few requests have any

    synchronized void add(QueuedPrompt prompt) {
        Set<QueuedPrompt> known = waiting;
        if (known == null) {
            known = Collections.newSetFromMap(new WeakHashMap<>());
            waiting = known;
        }
        known.add(prompt);
    }

    synchronized void remove(QueuedPrompt prompt) {
        if (waiting != null) {
            waiting.remove(prompt);
        }
    }

    synchronized boolean isEmpty() {
        // Not by its size, which counts what the collector has taken until it has told so as well.
        return waiting == null || !waiting.iterator().hasNext();
    }
}
