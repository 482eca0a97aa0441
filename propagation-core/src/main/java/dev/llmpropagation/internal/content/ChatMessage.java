package dev.llmpropagation.internal.content;

import java.util.Collection;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A message whose parts come at their positions, in any order. For one thread at a time. */
final class ChatMessage {

    private static final long ITEM = 1_000_000;

    final LengthLimit limit;
    private final SortedMap<Long, MessagePart> parts = new TreeMap<>();
    String role;

    @Nullable
    String finishReason;

    ChatMessage(String role, LengthLimit limit) {
        this.role = role;
        this.limit = limit;
        limit.admits(LengthLimit.OBJECT);
    }

    /** A further part behind all others. */
    MessagePart add(String type) {
        return part(parts.isEmpty() ? 0 : parts.lastKey() + 1, type);
    }

    /** The last part, if it is of this type, else a further one: what a model says on and on. */
    MessagePart continued(String type) {
        MessagePart last = parts.isEmpty() ? null : parts.get(parts.lastKey());
        return last != null && last.type.equals(type) ? last : add(type);
    }

    /** @param type of a part that is not there yet */
    MessagePart part(long position, String type) {
        return parts.computeIfAbsent(position, key -> {
            limit.admits(LengthLimit.OBJECT);
            return new MessagePart(type, limit);
        });
    }

    /** A part of one of the items that an answer is made of. */
    MessagePart part(int item, int inside, String type) {
        return part(item * ITEM + inside, type);
    }

    /** What came in pieces of this item comes once more, whole. */
    void forget(int item) {
        SortedMap<Long, MessagePart> pieces = parts.subMap(item * ITEM, (item + 1) * ITEM);
        pieces.values().forEach(part -> limit.giveBack(part.length()));
        pieces.clear();
    }

    Collection<MessagePart> parts() {
        return parts.values();
    }
}
