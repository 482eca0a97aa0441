package dev.llmpropagation.network;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Takes the heads of HTTP/1.1 requests out of what OkHttp writes, and lets their bodies pass. It trusts the framing, which
 * is OkHttp's own: a length, chunks, or nothing.
 */
final class RequestOutput extends OutputStream {

    /** Writes a head, as it is or changed. */
    interface Heads {
        void write(Head head) throws IOException;
    }

    /** Request line and headers, without line ends. */
    record Head(List<String> lines) {

        String method() {
            return lines.get(0).substring(0, lines.get(0).indexOf(' '));
        }

        /** What stands between method and version. */
        String target() {
            String line = lines.get(0);
            return line.substring(line.indexOf(' ') + 1, line.lastIndexOf(' '));
        }

        @Nullable
        String header(String name) {
            for (String line : lines.subList(1, lines.size())) {
                if (is(line, name)) {
                    return line.substring(name.length() + 1).strip();
                }
            }
            return null;
        }

        static boolean is(String line, String name) {
            return line.length() > name.length()
                    && line.charAt(name.length()) == ':'
                    && line.regionMatches(true, 0, name, 0, name.length());
        }
    }

    private static final Pattern LENGTH = Pattern.compile("[0-9]{1,18}");

    private enum State {
        HEAD,
        CHUNK,
        TRAILER,
        OPAQUE
    }

    private final OutputStream to;
    private final Heads heads;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream(256);
    private List<String> head = new ArrayList<>();
    private State state = State.HEAD;
    private long passing;

    RequestOutput(OutputStream to, Heads heads) {
        this.to = to;
        this.heads = heads;
    }

    @Override
    public void write(int octet) throws IOException {
        write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        int end = offset + length;
        int pos = offset;
        while (pos < end) {
            if (state == State.OPAQUE) {
                to.write(bytes, pos, end - pos);
                return;
            }
            if (passing > 0) {
                int count = (int) Math.min(passing, end - pos);
                to.write(bytes, pos, count);
                passing -= count;
                pos += count;
                continue;
            }
            byte octet = bytes[pos++];
            line.write(octet);
            if (octet == '\n') {
                String text = line.toString(ISO_8859_1);
                line.reset();
                line(text);
            }
        }
    }

    private void line(String text) throws IOException {
        String content = text.strip();
        if (state == State.HEAD) {
            if (!content.isEmpty()) {
                head.add(content);
            } else if (!head.isEmpty()) {
                Head complete = new Head(head);
                head = new ArrayList<>();
                heads.write(complete);
                follow(complete);
            }
            return;
        }
        to.write(text.getBytes(ISO_8859_1));
        if (state == State.TRAILER) {
            state = content.isEmpty() ? State.HEAD : State.TRAILER;
        } else {
            long size = Long.parseLong(content, 16);
            passing = size + 2; // and the line end
            if (size == 0) {
                passing = 0;
                state = State.TRAILER;
            }
        }
    }

    private void follow(Head complete) {
        String length = complete.header("Content-Length");
        String encoding = complete.header("Transfer-Encoding");
        boolean http2 = complete.method().equals("PRI"); // by prior knowledge, without TLS
        if (complete.method().equals("CONNECT") || complete.header("Upgrade") != null || http2) {
            state = State.OPAQUE;
        } else if (encoding != null && encoding.toLowerCase(Locale.ROOT).endsWith("chunked")) {
            state = State.CHUNK;
        } else if (length != null) {
            if (LENGTH.matcher(length).matches()) {
                passing = Long.parseLong(length);
            } else { // set by a program; whatever follows is its business
                state = State.OPAQUE;
            }
        }
    }

    @Override
    public void flush() throws IOException {
        to.flush();
    }

    @Override
    public void close() throws IOException {
        to.close();
    }
}
