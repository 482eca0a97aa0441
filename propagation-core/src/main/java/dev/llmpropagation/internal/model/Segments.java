package dev.llmpropagation.internal.model;

import okio.Buffer;

/** Reads the bytes of a buffer in place. */
final class Segments {

    interface Reader {
        void accept(byte[] bytes, int from, int to);
    }

    private final Buffer.UnsafeCursor cursor = new Buffer.UnsafeCursor();

    void read(Buffer buffer, long from, long byteCount, Reader reader) {
        if (byteCount <= 0) {
            return;
        }
        buffer.readUnsafe(cursor);
        try {
            long rest = byteCount;
            for (int length = cursor.seek(from); length > 0 && rest > 0; length = cursor.next()) {
                int count = (int) Math.min(length, rest);
                reader.accept(cursor.data, cursor.start, cursor.start + count);
                rest -= count;
            }
        } finally {
            cursor.close();
        }
    }
}
