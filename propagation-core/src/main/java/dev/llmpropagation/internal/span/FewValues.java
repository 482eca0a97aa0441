package dev.llmpropagation.internal.span;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps what others decide from making series of metrics without end: the first so many different values stay, each
 * further one is {@value #OTHER}. Thread-safe.
 */
public final class FewValues {

    /** Different values of one label. Two such labels and a third of two values stay below the 2 000 series of an SDK. */
    public static final int MAX = 30;

    public static final String OTHER = "_OTHER";

    private final Set<String> known = ConcurrentHashMap.newKeySet();
    private final int max;
    private volatile boolean full;

    /** Keeps {@value #MAX}. */
    public FewValues() {
        this(MAX);
    }

    /** @param max how many different values stay */
    public FewValues(int max) {
        this.max = max;
    }

    /** Whether this is one of those that stay. */
    public boolean admits(String value) {
        return !of(value).equals(OTHER);
    }

    /** The value, or {@value #OTHER}. */
    public String of(String value) {
        if (known.contains(value)) {
            return value;
        }
        if (full) { // for good, and the lock is left to those that come first
            return known.contains(value) ? value : OTHER;
        }
        synchronized (known) { // else as many more as there are threads
            boolean stays = known.contains(value) || (known.size() < max && known.add(value));
            full = known.size() >= max;
            return stays ? value : OTHER;
        }
    }
}
