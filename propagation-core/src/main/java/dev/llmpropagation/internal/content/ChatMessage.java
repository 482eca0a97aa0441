package dev.llmpropagation.internal.content;

import java.util.Collection;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A message whose parts come at their positions, in any order. For one thread at a time. */
final class ChatMessage {

    private static final long ITEM = 1_000_000;
    private static final long PLACES = 16; // of one position: more than there are types

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
        return part(behindAll(), type);
    }

    /** The last part, if it is of this type, else a further one: a stream goes on with the part that it began. */
    MessagePart continued(String type) {
        MessagePart last = parts.isEmpty() ? null : parts.get(parts.lastKey());
        return last != null && last.type.equals(type) ? last : add(type);
    }

    /**
     * The part at this position. Where a service has numbered parts of two types alike they are two, so that what a model
     * thinks is never taken for what it says.
     */
    MessagePart part(long position, String type) {
        for (long key = position * PLACES; key < (position + 1) * PLACES; key++) {
            MessagePart there = parts.get(key);
            if (there == null) {
                limit.admits(LengthLimit.OBJECT);
                there = new MessagePart(type, limit);
                parts.put(key, there);
            }
            if (there.type.equals(type)) {
                return there;
            }
        }
        return continued(type);
    }

    private long behindAll() {
        return parts.isEmpty() ? 0 : parts.lastKey() / PLACES + 1;
    }

    /** A part of one of the items that a response is made of. */
    MessagePart part(int item, int inside, String type) {
        return part(item * ITEM + inside, type);
    }

    /** The parts of this item, in their order. Where a piece of it has come before, it stays, and they stand behind it. */
    void put(int item, ChatMessage whole) {
        long inside = item * ITEM;
        for (MessagePart part : whole.parts()) {
            put(inside++, part);
        }
    }

    private void put(long position, MessagePart part) {
        long key = position * PLACES;
        while (key < (position + 1) * PLACES && parts.containsKey(key)) {
            key++;
        }
        parts.put(key < (position + 1) * PLACES ? key : behindAll() * PLACES, part);
    }

    /** What came in pieces of this item comes once more, whole. */
    void forget(int item) {
        SortedMap<Long, MessagePart> pieces = parts.subMap(item * ITEM * PLACES, (item + 1) * ITEM * PLACES);
        pieces.values().forEach(part -> limit.giveBack(part.length()));
        pieces.clear();
    }

    Collection<MessagePart> parts() {
        return parts.values();
    }
}
