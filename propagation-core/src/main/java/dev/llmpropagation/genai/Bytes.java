package dev.llmpropagation.genai;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Where things of JSON begin and end. Single bytes are looked for eight at a time: one that is found becomes zero by the xor, and a zero's high bit is set by the
 * subtraction. Of false hits there are none below the first true one.
 */
final class Bytes {

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final long QUOTES = ONES * '"';

    private Bytes() {}

    /** @return {@code to} if there is none */
    static int quoteOrBackslash(byte[] bytes, int from, int to) {
        return first(bytes, from, to, (byte) '"', (byte) '\\');
    }

    /** @return {@code to} if there is none */
    static int quote(byte[] bytes, int from, int to) {
        int i = from;
        for (; i <= to - Long.BYTES; i += Long.BYTES) {
            long x = (long) LONGS.get(bytes, i) ^ QUOTES;
            long found = (x - ONES) & ~x & HIGH_BITS;
            if (found != 0) {
                return i + (Long.numberOfTrailingZeros(found) >> 3);
            }
        }
        for (; i < to; i++) {
            if (bytes[i] == '"') {
                return i;
            }
        }
        return to;
    }

    /** @return {@code to} if there is none */
    static int lineBreak(byte[] bytes, int from, int to) {
        return first(bytes, from, to, (byte) '\n', (byte) '\r');
    }

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

    /** Of two backslashes the first takes the meaning of the second. */
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
