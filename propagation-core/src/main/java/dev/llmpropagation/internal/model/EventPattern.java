package dev.llmpropagation.internal.model;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of an event that told nothing new, with holes where another value of the same kind would tell nothing new
 * either. An event that fits the pattern is skipped without being parsed. Most events of a stream do, since they differ
 * only in a text and a count. What the model said is never kept in a pattern. Immutable.
 */
final class EventPattern {

    /** What may stand in a hole. */
    enum Hole {
        /** The inside of any string. */
        STRING,
        /** Of any but the empty one. */
        TEXT,
        /** A number or literal. */
        SCALAR,
        /** The inside of an object or array, and the bracket after it. */
        ITEMS,
        /** Of any but an empty one. */
        CONTENT_ITEMS
    }

    private static final int MAX_LENGTH = 1024;
    private static final int MAX_HOLES = 32;
    private static final int SLOTS = 64;

    // A cache: the streams of a service have few patterns. A new pattern replaces the one in its slot.
    private static final AtomicReferenceArray<EventPattern> KNOWN = new AtomicReferenceArray<>(SLOTS);

    private final byte[] literals;
    private final int[] ends; // of the literal before each hole
    private final Hole[] holes;
    private final boolean content;

    private EventPattern(byte[] literals, int[] ends, Hole[] holes) {
        this.literals = literals;
        this.ends = ends;
        this.holes = holes;
        this.content = Arrays.stream(holes).anyMatch(hole -> hole == Hole.TEXT || hole == Hole.CONTENT_ITEMS);
    }

    /** Whether something stands there that the model said. */
    boolean hasContent() {
        return content;
    }

    /** @param to the end of the event */
    boolean matches(byte[] bytes, int from, int to) {
        int i = from;
        int literal = 0;
        for (int hole = 0; hole < holes.length; hole++) {
            int end = ends[hole];
            int next = i + end - literal;
            if (next > to || !Arrays.equals(literals, literal, end, bytes, i, next)) {
                return false;
            }
            literal = end;
            i = end(holes[hole], bytes, next, to);
            if (i < 0) {
                return false;
            }
        }
        return Arrays.equals(literals, literal, literals.length, bytes, i, to);
    }

    /** @return the end of what is in the hole, or -1 if it is something else */
    private static int end(Hole hole, byte[] bytes, int from, int to) {
        if (from == to) {
            return -1;
        }
        byte first = bytes[from];
        return switch (hole) {
            case STRING -> JsonBytes.closingQuote(bytes, from, to);
            case TEXT -> first == '"' ? -1 : JsonBytes.closingQuote(bytes, from, to);
            case SCALAR -> JsonBytes.startsScalar(first) ? JsonBytes.endOfScalar(bytes, from, to) : -1;
            case ITEMS -> JsonBytes.endOfItems(bytes, from, to);
            case CONTENT_ITEMS ->
                first == ']' || first == '}' || JsonBytes.isBlank(first) ? -1 : JsonBytes.endOfItems(bytes, from, to);
        };
    }

    /** The one that all streams share, so that an open stream holds none of its own. */
    private EventPattern shared() {
        int slot = Arrays.hashCode(literals) & (SLOTS - 1);
        EventPattern known = KNOWN.get(slot);
        if (known != null
                && Arrays.equals(literals, known.literals)
                && Arrays.equals(ends, known.ends)
                && Arrays.equals(holes, known.holes)) {
            return known;
        }
        KNOWN.set(slot, this);
        return this;
    }

    /** Makes the pattern of one event while that is read in one piece. */
    static final class Recorder {

        private final byte[] bytes;
        private final int from;
        private final int[] starts = new int[MAX_HOLES];
        private final int[] ends = new int[MAX_HOLES];
        private final Hole[] holes = new Hole[MAX_HOLES];
        private int count;
        private boolean tooMany;

        Recorder(byte[] bytes, int from) {
            this.bytes = bytes;
            this.from = from;
        }

        /** They come in order. */
        void hole(Hole hole, int start, int end) {
            if (count == MAX_HOLES) {
                tooMany = true;
                return;
            }
            starts[count] = start;
            ends[count] = end;
            holes[count++] = hole;
        }

        /**
         * @param to the end of the event
         * @return null of an event that is too large
         */
        @Nullable
        EventPattern pattern(int to) {
            int length = to - from;
            for (int i = 0; i < count; i++) {
                length -= ends[i] - starts[i];
            }
            if (tooMany || length > MAX_LENGTH) {
                return null;
            }
            byte[] literals = new byte[length];
            int[] literalEnds = new int[count];
            int literal = 0;
            int passed = from;
            for (int i = 0; i < count; i++) {
                System.arraycopy(bytes, passed, literals, literal, starts[i] - passed);
                literal += starts[i] - passed;
                literalEnds[i] = literal;
                passed = ends[i];
            }
            System.arraycopy(bytes, passed, literals, literal, to - passed);
            return new EventPattern(literals, literalEnds, Arrays.copyOf(holes, count)).shared();
        }
    }
}
