package dev.llmpropagation.internal.content;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import okio.Buffer;
import okio.ByteString;

/**
 * Puts one response together from its bytes as they pass: of a stream each event when it is whole, of a document all
 * when it is asked for. Keeps no more than the limit admits. Never throws: what cannot be read is left out. For one
 * body and one thread at a time.
 */
public final class OutputReader {

    private static final ByteString LINE_BREAKS = ByteString.encodeUtf8("\r\n");
    private static final String DATA = "data:";

    /** Where the next line break is, from a place on; -1 if there is none yet. */
    @FunctionalInterface
    interface LineBreaks {
        long find(Buffer in, long from);
    }

    private final LineBreaks lineBreaks;
    private final ContentFormat format;
    private final long maxBytes;
    private final OutputContent output;
    private final Buffer pending = new Buffer();
    private final StringBuilder data = new StringBuilder();
    private long looked; // bytes of a line that goes on, in which no line break is
    private boolean afterReturn;
    private boolean stream;
    private boolean lost;

    /** @param maxBytes most bytes of a document, or of one event, that are kept until it is whole */
    OutputReader(ContentFormat format, int maxLength, long maxBytes) {
        this(format, maxLength, maxBytes, (in, from) -> in.indexOfElement(LINE_BREAKS, from));
    }

    /** For the test that counts the bytes that are looked at. */
    OutputReader(ContentFormat format, int maxLength, long maxBytes, LineBreaks lineBreaks) {
        this.lineBreaks = lineBreaks;
        this.format = format;
        this.maxBytes = maxBytes;
        this.output = new OutputContent(maxLength);
    }

    /**
     * The next bytes of the body: the last of the buffer, where they stay.
     *
     * @param isStream whether the bytes up to now are taken for server-sent events
     */
    public void accept(Buffer buffer, long byteCount, boolean isStream) {
        if (lost) {
            return;
        }
        stream = isStream;
        try {
            buffer.copyTo(pending, buffer.size() - byteCount, byteCount);
            if (isStream) {
                readLines();
            }
            if (pendingBytes() > maxBytes || output.limit.isPassed()) {
                lose();
            }
        } catch (IOException | RuntimeException e) {
            lose();
        }
    }

    /** @return empty if there is nothing that could be shown */
    Collection<ChatMessage> messages() {
        if (!lost) {
            try {
                if (stream) {
                    event(); // the last one, if a blank line after it is missing
                } else if (pending.size() > 0) {
                    pieces(Json.MAPPER.readTree(pending.inputStream()));
                }
            } catch (IOException | RuntimeException e) {
                // it broke off: show what was read before
            }
            pending.clear();
        }
        return lost || output.limit.isPassed() ? List.of() : output.messages();
    }

    /** What is kept of an event, or a document, that is not whole yet. */
    long pendingBytes() {
        return pending.size() + data.length();
    }

    OutputContent output() {
        return output;
    }

    private void lose() {
        lost = true;
        pending.clear();
        looked = 0;
        data.setLength(0);
        output.restart();
    }

    private void readLines() throws IOException {
        if (afterReturn && pending.size() > 0) {
            if (pending.getByte(0) == '\n') {
                pending.skip(1);
            }
            afterReturn = false;
        }
        for (long end = lineBreak(); end != -1; end = lineBreak()) {
            String line = pending.readUtf8(end);
            boolean isReturn = pending.readByte() == '\r';
            if (isReturn && pending.size() == 0) {
                afterReturn = true;
            } else if (isReturn && pending.getByte(0) == '\n') {
                pending.skip(1);
            }
            line(line);
        }
    }

    private long lineBreak() {
        long end = lineBreaks.find(pending, looked);
        looked = end == -1 ? pending.size() : 0;
        return end;
    }

    private void line(String line) {
        if (line.isEmpty()) {
            event();
        } else if (line.startsWith(DATA)) {
            if (data.length() > 0) {
                data.append('\n');
            }
            data.append(line, line.startsWith(DATA + ' ') ? DATA.length() + 1 : DATA.length(), line.length());
        }
    }

    private void event() {
        if (data.length() == 0) {
            return;
        }
        JsonNode event = Json.parsed(data.toString());
        data.setLength(0);
        if (event != null) {
            pieces(event);
        }
    }

    /** Gemini API answers with an array of events where no stream is asked for by name. */
    private void pieces(JsonNode piece) {
        for (JsonNode one : Json.all(piece)) {
            if (one.isObject()) {
                format.output(one, output);
            }
        }
    }
}
