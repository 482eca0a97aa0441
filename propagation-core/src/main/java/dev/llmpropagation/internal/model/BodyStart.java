package dev.llmpropagation.internal.model;

import java.nio.charset.StandardCharsets;
import okio.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * What a body is, by its first bytes, in whatever pieces they come. The SDKs go by these, while labels of gateways are
 * missing, doubled or wrong. For one body and one thread at a time.
 */
public final class BodyStart {

    /** What the first bytes say. */
    public enum Kind {
        /** A JSON object or array. */
        DOCUMENT,
        /** Server-sent events. */
        EVENTS,
        /** Neither; a stream that was asked for may still be one, with a field that nobody knows. */
        OTHER
    }

    private static final byte[][] FIELDS = {
        ascii("data:"), ascii("event:"), ascii("id:"), ascii("retry:"), ascii("error:"), ascii(":")
    };
    private static final int LONGEST = 6;

    private final byte[] head = new byte[LONGEST];
    private int length;
    private @Nullable Kind kind;

    /** @return null while it cannot be told */
    public @Nullable Kind kind() {
        return kind;
    }

    /** The last so many bytes of the buffer, where they stay, are the next of the body. */
    public void look(Buffer buffer, long byteCount) {
        long size = buffer.size();
        for (long i = size - byteCount; i < size && kind == null; i++) {
            look(buffer.getByte(i));
        }
    }

    /** @return where the look ended: what comes there was not seen, what was is in the {@link #head()} or blank */
    int look(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && kind == null) {
            look(bytes[i++]);
        }
        return i;
    }

    /** What was seen, without blanks and byte order marks in front. */
    byte[] head() {
        return head;
    }

    int length() {
        return length;
    }

    private void look(byte b) {
        if (length == 0 && isBlankOrMark(b)) {
            return;
        }
        head[length++] = b;
        if (head[0] == '{' || (head[0] == '[' && length > 1)) {
            kind = length > 1 && b == 'D'
                    ? Kind.EVENTS
                    : Kind.DOCUMENT; // no array, but the mark at the end of a stream
            return;
        }
        boolean open = head[0] == '[';
        for (byte[] field : FIELDS) {
            if (begins(field)) {
                if (field.length == length) {
                    kind = Kind.EVENTS;
                    return;
                }
                open = true;
            }
        }
        if (!open) {
            kind = Kind.OTHER;
        }
    }

    private boolean begins(byte[] field) {
        if (field.length < length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (field[i] != head[i]) {
                return false;
            }
        }
        return true;
    }

    private static boolean isBlankOrMark(byte b) {
        return b == ' '
                || b == '\t'
                || b == '\r'
                || b == '\n'
                || b == (byte) 0xef
                || b == (byte) 0xbb
                || b == (byte) 0xbf;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
