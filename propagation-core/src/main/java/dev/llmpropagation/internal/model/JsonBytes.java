package dev.llmpropagation.internal.model;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Where things of JSON begin and end. Single bytes are looked for eight at a time: those found become zero by a xor. */
final class JsonBytes {

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long QUOTES = ONES * '"';
    private static final long BACKSLASHES = ONES * '\\';

    private JsonBytes() {}

    /** @return {@code to} if there is none */
    static int quoteOrBackslash(byte[] bytes, int from, int to) {
        return first(bytes, from, to, (byte) '"', (byte) '\\');
    }

    /**
     * The first quote that no backslash stands for.
     *
     * @return {@code to} if there is none
     */
    static int closingQuote(byte[] bytes, int from, int to) {
        int i = from;
        long escaped = 0; // whether the byte at i is, as its bit in a word
        while (i < to) {
            int end = to;
            if (i <= to - Long.BYTES) {
                end = i + Long.BYTES;
                long word = (long) LONGS.get(bytes, i);
                long backslashes = zeros(word ^ BACKSLASHES);
                long after = backslashes << Byte.SIZE | escaped;
                if ((backslashes & after) == 0) {
                    long found = zeros(word ^ QUOTES) & ~after;
                    if (found != 0) {
                        return i + (Long.numberOfTrailingZeros(found) >> 3);
                    }
                    escaped = backslashes >>> (Long.SIZE - Byte.SIZE);
                    i = end;
                    continue;
                }
            }
            // One by one: the first of two backslashes escapes the second.
            for (; i < end; i++) {
                if (escaped != 0) {
                    escaped = 0;
                } else if (bytes[i] == '"') {
                    return i;
                } else if (bytes[i] == '\\') {
                    escaped = Byte.MAX_VALUE + 1L;
                }
            }
        }
        return to;
    }

    /** The high bit of each byte that is zero, and no other. */
    private static long zeros(long word) {
        return ~(((word & ~HIGH_BITS) + ~HIGH_BITS) | word | ~HIGH_BITS);
    }

    /** @return {@code to} if there is none */
    static int lineBreak(byte[] bytes, int from, int to) {
        return first(bytes, from, to, (byte) '\n', (byte) '\r');
    }

    /** The subtraction sets the high bit of a zero; of false hits there are none below the first true one. */
    private static int first(byte[] bytes, int from, int to, byte one, byte other) {
        int i = from;
        long ones = ONES * one;
        long others = ONES * other;
        for (; i <= to - Long.BYTES; i += Long.BYTES) {
            long word = (long) LONGS.get(bytes, i);
            long x = word ^ ones;
            long y = word ^ others;
            long found = (((x - ONES) & ~x) | ((y - ONES) & ~y)) & HIGH_BITS;
            if (found != 0) {
                return i + (Long.numberOfTrailingZeros(found) >> 3);
            }
        }
        for (; i < to; i++) {
            if (bytes[i] == one || bytes[i] == other) {
                return i;
            }
        }
        return to;
    }

    /** The first of two backslashes escapes the second. */
    static boolean isAfterBackslash(byte[] bytes, int from, int at) {
        int i = at;
        while (i > from && bytes[i - 1] == '\\') {
            i--;
        }
        return (at - i) % 2 != 0;
    }

    static int endOfScalar(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && !isBlank(bytes[i]) && bytes[i] != '}' && bytes[i] != ']') {
            i++;
        }
        return i;
    }

    /**
     * Where the object or array ends that {@code from} is inside of. Brackets count as braces do.
     *
     * @return what comes after it, or -1 if it goes on
     */
    static int endOfItems(byte[] bytes, int from, int to) {
        int open = 1;
        for (int i = from; i < to; i++) {
            byte b = bytes[i];
            if (b == '"') {
                i = closingQuote(bytes, i + 1, to);
            } else if (opens(b)) {
                open++;
            } else if (closes(b) && --open == 0) {
                return i + 1;
            }
        }
        return -1;
    }

    static boolean opens(byte b) {
        return b == '{' || b == '[';
    }

    static boolean closes(byte b) {
        return b == '}' || b == ']';
    }

    /** Whether a number or literal begins here. */
    static boolean startsScalar(byte b) {
        return (b >= '0' && b <= '9') || b == '-' || b == 't' || b == 'f' || b == 'n';
    }

    static int skipBlanks(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && isBlank(bytes[i])) {
            i++;
        }
        return i;
    }

    static boolean isBlank(byte b) {
        return (b <= ' ' && b >= 0) || b == ',' || b == ':';
    }
}
