package dev.llmpropagation.internal.model;

import dev.llmpropagation.internal.span.SpanText;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A string, number or literal where it lies in the bytes that pass, or put together from the pieces of one that was cut.
 * Valid only while it is handed over.
 */
final class JsonScalar {

    /** Bytes of a name or value; of a longer one only the beginning is known. */
    static final int MAX_LENGTH = 256;

    private static final long MAX_SAFE_INTEGER = (1L << 53) - 1;
    private static final double[] POWERS_OF_TEN = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15
    };

    private static final byte[] NONE = {};

    private byte[] bytes = NONE;
    private int from;
    private int to;
    private boolean string;
    private boolean escaped;
    private boolean tooLong;

    // The pieces so far of a value that goes on.
    private byte[] kept = NONE;
    private int keptLength;
    private boolean escapeSeen;

    /** A piece of it, which goes on. */
    void keep(byte[] in, int start, int end) {
        int length = Math.min(end - start, MAX_LENGTH + 1 - keptLength); // one more, to see that it is too long
        if (kept.length == 0) {
            kept = new byte[MAX_LENGTH + 1];
        }
        System.arraycopy(in, start, kept, keptLength, length);
        keptLength += length;
    }

    void sawEscape() {
        escapeSeen = true;
    }

    /** The last piece of it, or all. */
    void take(byte[] in, int start, int end, boolean isString) {
        if (keptLength == 0) {
            setBounded(in, start, end, isString);
        } else {
            keep(in, start, end);
            setBounded(kept, 0, keptLength, isString);
        }
        reset();
    }

    /** Forgets the pieces of one that was not taken. */
    void reset() {
        keptLength = 0;
        escapeSeen = false;
    }

    private void setBounded(byte[] in, int start, int end, boolean isString) {
        if (end - start > MAX_LENGTH) {
            setTooLong(in, start, start + MAX_LENGTH, isString, escapeSeen);
        } else {
            set(in, start, end, isString, escapeSeen);
        }
    }

    void set(byte[] in, int start, int end, boolean isString, boolean hasEscapes) {
        bytes = in;
        from = start;
        to = end;
        string = isString;
        escaped = hasEscapes;
        tooLong = false;
    }

    /** Lets go of the bytes, which are a piece of somebody else's buffer. */
    void clear() {
        bytes = NONE;
    }

    /** The beginning of a longer value, of which nothing is known but its kind and, of a string, {@link #cutText}. */
    void setTooLong(byte[] in, int start, int end, boolean isString, boolean hasEscapes) {
        set(in, start, end, isString, hasEscapes);
        tooLong = true;
    }

    @Nullable
    JsonPaths memberOf(JsonPaths shape) {
        if (tooLong) {
            return null;
        }
        if (!escaped) {
            return shape.member(bytes, from, to);
        }
        String name = text();
        if (name == null) {
            return null;
        }
        byte[] plain = name.getBytes(StandardCharsets.UTF_8);
        return shape.member(plain, 0, plain.length);
    }

    boolean isString() {
        return string;
    }

    boolean isNull() {
        return is('n');
    }

    /** Whether this is the string, which has no escapes. */
    boolean is(String ascii) {
        if (!string || tooLong || to - from != ascii.length()) {
            return false;
        }
        for (int i = 0; i < ascii.length(); i++) {
            if (bytes[from + i] != ascii.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    boolean isTrue() {
        return is('t');
    }

    /** Null if this is no string, or none that JSON allows. */
    @Nullable
    String text() {
        if (!string || tooLong) {
            return null;
        }
        return escaped
                ? unescaped(new String(bytes, from, to - from, StandardCharsets.UTF_8), false)
                : new String(bytes, from, to - from, StandardCharsets.UTF_8);
    }

    /** As {@link #text}; of one that is too long the beginning, with {@code …} after it. */
    @Nullable
    String cutText() {
        if (!string || !tooLong) {
            return text();
        }
        int end = to;
        while (end > from && (bytes[end] & 0xc0) == 0x80) { // never half a character: the byte after the end is there
            end--;
        }
        String raw = new String(bytes, from, end - from, StandardCharsets.UTF_8);
        String text = escaped ? unescaped(raw, true) : raw;
        return text == null ? null : text + '…';
    }

    /** Null if this is no number. */
    @Nullable
    Double number() {
        if (string || tooLong) {
            return null;
        }
        double simple = simple();
        if (!Double.isNaN(simple)) {
            return simple;
        }
        try {
            double value = Double.parseDouble(new String(bytes, from, to - from, StandardCharsets.ISO_8859_1));
            return Double.isFinite(value) ? value : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** Null if this is no integer that every JSON implementation can hold. */
    @Nullable
    Long integer() {
        long count = count();
        if (count >= 0) {
            return count;
        }
        Double value = number();
        if (value == null || value != Math.rint(value) || Math.abs(value) > MAX_SAFE_INTEGER) {
            return null;
        }
        return value.longValue();
    }

    /**
     * A number of few digits and no exponent, or NaN. As exact as any: both parts of the quotient are doubles themselves.
     */
    private double simple() {
        if (to - from > 16) {
            return Double.NaN;
        }
        long digits = 0;
        int point = -1;
        for (int i = from; i < to; i++) {
            int digit = bytes[i] - '0';
            if (digit >= 0 && digit <= 9) {
                digits = digits * 10 + digit;
            } else if (bytes[i] == '.' && point < 0) {
                point = i;
            } else {
                return Double.NaN;
            }
        }
        if (point < 0) {
            return digits <= MAX_SAFE_INTEGER ? digits : Double.NaN;
        }
        return point == from || point == to - 1 ? Double.NaN : digits / POWERS_OF_TEN[to - 1 - point];
    }

    /** -1 if this is no count. */
    long count() {
        if (string || tooLong || to - from > 16) {
            return -1;
        }
        long count = 0;
        for (int i = from; i < to; i++) {
            int digit = bytes[i] - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            count = count * 10 + digit;
        }
        return count <= MAX_SAFE_INTEGER ? count : -1;
    }

    private boolean is(char firstOfLiteral) {
        return !string && !tooLong && bytes[from] == firstOfLiteral;
    }

    /** @param cut whether the last escape may be a part of one, which is then left out */
    private static @Nullable String unescaped(String raw, boolean cut) {
        StringBuilder text = new StringBuilder(raw.length());
        int i = 0;
        while (i < raw.length()) {
            char c = raw.charAt(i++);
            if (c != '\\') {
                text.append(c);
                continue;
            }
            if (cut && (i == raw.length() || (raw.charAt(i) == 'u' && i + 5 > raw.length()))) {
                break;
            }
            char kind = i < raw.length() ? raw.charAt(i++) : 0;
            int simple = "\"\\/bfnrt".indexOf(kind);
            if (simple >= 0) {
                text.append("\"\\/\b\f\n\r\t".charAt(simple));
            } else if (kind == 'u' && i + 4 <= raw.length()) {
                int code = 0;
                for (int end = i + 4; i < end; i++) {
                    int digit = Character.digit(raw.charAt(i), 16);
                    if (digit < 0) {
                        return null;
                    }
                    code = code << 4 | digit;
                }
                text.append((char) code);
            } else {
                return null;
            }
        }
        return SpanText.wellFormed(text.toString());
    }
}
