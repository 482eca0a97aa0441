package dev.llmpropagation.doctor.trace;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PushbackInputStream;
import java.io.Reader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** Bytes as the text that they are: UTF-8, or UTF-16 as some shells write it. What is no text is replaced, not refused. */
final class JsonText {

    private static final int LONGEST_MARK = 3;

    private JsonText() {}

    static Reader of(InputStream in) throws IOException {
        PushbackInputStream bytes = new PushbackInputStream(in, LONGEST_MARK);
        byte[] first = bytes.readNBytes(LONGEST_MARK);
        int mark = 0;
        Charset charset = StandardCharsets.UTF_8;
        if (is(first, 0, 0xef) && is(first, 1, 0xbb) && is(first, 2, 0xbf)) {
            mark = LONGEST_MARK;
        } else if (is(first, 0, 0xfe) && is(first, 1, 0xff)) {
            charset = StandardCharsets.UTF_16BE;
            mark = 2;
        } else if (is(first, 0, 0xff) && is(first, 1, 0xfe)) {
            charset = StandardCharsets.UTF_16LE;
            mark = 2;
        } else if (is(first, 0, 0) && !is(first, 1, 0)) {
            // JSON begins with a sign of ASCII, so the zeros tell.
            charset = StandardCharsets.UTF_16BE;
        } else if (!is(first, 0, 0) && is(first, 1, 0)) {
            charset = StandardCharsets.UTF_16LE;
        }
        bytes.unread(first, mark, first.length - mark);
        return new InputStreamReader(bytes, charset);
    }

    private static boolean is(byte[] bytes, int index, int value) {
        return index < bytes.length && (bytes[index] & 0xff) == value;
    }
}
