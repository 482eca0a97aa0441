package dev.llmpropagation.internal.model;

import java.util.Arrays;

/**
 * An event of a stream that said nothing new, with the places in it that are skipped. An event that differs from it in
 * such places alone says nothing new either, and most events of a stream do: one comparison tells, at the speed of
 * memory.
 */
final class PlainEvent {

    private static final int MAX_LENGTH = 2048;
    private static final int MAX_HOLES = 48;

    private byte[] event = {};
    private int length;
    private int[] holes = {};
    private int holeCount;
    private int offset;

    void forget() {
        length = 0;
    }

    void record(byte[] bytes, int from, int to) {
        holeCount = 0;
        offset = from;
        length = to - from;
        if (length > MAX_LENGTH) {
            length = 0;
            return;
        }
        if (event.length < length) {
            event = new byte[MAX_LENGTH];
            holes = new int[2 * MAX_HOLES];
        }
        System.arraycopy(bytes, from, event, 0, length);
    }

    /** The inside of a string that is skipped, or the whole of such a number. They come in order. */
    void hole(int from, int to) {
        if (holeCount < MAX_HOLES && length > 0) {
            holes[2 * holeCount] = from - offset;
            holes[2 * holeCount++ + 1] = to - offset;
        }
    }

    /** @return the end of an event like this one, or -1 */
    int end(byte[] bytes, int from, int to) {
        if (length == 0) {
            return -1;
        }
        int mine = 0;
        int i = from;
        int hole = 0;
        while (true) {
            int rest = Math.min(length - mine, to - i);
            int same = Arrays.mismatch(event, mine, mine + rest, bytes, i, i + rest);
            if (same < 0) {
                return mine + rest == length ? i + rest : -1;
            }
            int differs = mine + same;
            while (hole < holeCount && holes[2 * hole + 1] < differs) {
                hole++;
            }
            if (hole == holeCount || holes[2 * hole] > differs) {
                return -1;
            }
            // From its beginning, since what is the same may end behind a backslash.
            int start = i + holes[2 * hole] - mine;
            mine = holes[2 * hole + 1];
            if (event[mine] == '"') {
                i = endOfString(bytes, start, to);
            } else {
                i = endOfNumber(bytes, start, to);
                if (i == start) {
                    return -1;
                }
            }
            hole++;
        }
    }

    private static int endOfString(byte[] bytes, int from, int to) {
        int i = from;
        while (true) {
            i = JsonBytes.quoteOrBackslash(bytes, i, to);
            if (i >= to || bytes[i] == '"') {
                return Math.min(i, to);
            }
            i += 2;
        }
    }

    private static int endOfNumber(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && ((bytes[i] >= '0' && bytes[i] <= '9') || bytes[i] == '-' || (bytes[i] == '.' && i > from))) {
            i++;
        }
        return i;
    }
}
