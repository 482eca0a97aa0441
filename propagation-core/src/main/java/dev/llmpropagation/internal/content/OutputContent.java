package dev.llmpropagation.internal.content;

import java.util.Collection;
import java.util.SortedMap;
import java.util.TreeMap;

/** The output of a model up to now: a message for each choice. For one thread at a time. */
final class OutputContent {

    private final SortedMap<Integer, ChatMessage> messages = new TreeMap<>();
    private final int maxLength;
    LengthLimit limit;

    OutputContent(int maxLength) {
        this.maxLength = maxLength;
        this.limit = new LengthLimit(maxLength);
    }

    ChatMessage message(int choice) {
        return messages.computeIfAbsent(choice, key -> new ChatMessage("assistant", limit));
    }

    /** The service sends once more, whole, what came in pieces. */
    void restart() {
        messages.clear();
        limit = new LengthLimit(maxLength);
    }

    Collection<ChatMessage> messages() {
        return messages.values();
    }
}
