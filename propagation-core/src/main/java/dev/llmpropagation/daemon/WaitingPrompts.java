package dev.llmpropagation.daemon;

import dev.llmpropagation.internal.span.SpanLife;
import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The queued prompts of a request, which keep it open. Held weakly: a prompt that is unreachable will never leave its
 * queue. Thread-safe.
 */
final class WaitingPrompts {

    private final SpanLife<?> request;
    private @Nullable Set<Object> waiting; // few requests have any

    WaitingPrompts(SpanLife<?> request) {
        this.request = request;
    }

    synchronized void add(Object prompt) {
        Set<Object> known = waiting;
        if (known == null) {
            known = Collections.newSetFromMap(new WeakHashMap<>());
            waiting = known;
        }
        known.add(prompt);
    }

    /** It leaves the queue, and no longer keeps the request open. */
    void leaves(Object prompt) {
        request.touch();
        remove(prompt);
    }

    private synchronized void remove(Object prompt) {
        if (waiting != null) {
            waiting.remove(prompt);
        }
    }

    synchronized boolean isEmpty() {
        // Not size(): it also counts entries that the collector has cleared and not yet queued.
        return waiting == null || !waiting.iterator().hasNext();
    }
}
