package dev.llmpropagation.internal.model;

import okio.Buffer;

/** The bytes of a response as they pass: at the end of a buffer. */
final class Passing {

    private Passing() {}

    static void all(byte[] bytes, ResponseScanner scanner) {
        piece(bytes, 0, bytes.length, scanner);
    }

    static void piece(byte[] bytes, int offset, int length, ResponseScanner scanner) {
        scanner.accept(new Buffer().write(bytes, offset, length), length, 1);
    }
}
