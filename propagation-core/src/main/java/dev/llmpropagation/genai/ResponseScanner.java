package dev.llmpropagation.genai;

import okio.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a response says of itself, from the bytes of its body as they pass: a JSON document, or a stream of
 * server-sent events. Keeps none of them but part of a name or value that was cut, and the last event if it is short.
 * Allocates nothing for an event that says nothing new. Never throws: what it cannot read it does not tell. For one body
 * and one thread at a time.
 */
public final class ResponseScanner {

    private final ResponseReader reader = new ResponseReader();
    private final Segments.Reader input;
    private final boolean stream;
    private @Nullable Segments segments;
    private @Nullable Long firstChunkNanos;
    private boolean lost;

    ResponseScanner(WireFormat format, boolean stream) {
        JsonScanner json = new JsonScanner(format.response(), reader);
        this.stream = stream;
        this.input = stream ? new EventStream(json, reader)::accept : json::accept;
    }

    /**
     * The next bytes of the body.
     *
     * @param nanos the time now, by the clock of the caller
     */
    public void accept(byte[] bytes, int offset, int length, long nanos) {
        if (lost) {
            return;
        }
        try {
            input.accept(bytes, offset, offset + length);
        } catch (RuntimeException e) {
            lost = true;
        }
        look(nanos);
    }

    /**
     * The next bytes of the body: the last of the buffer, where they stay.
     *
     * @param nanos the time now, by the clock of the caller
     */
    public void accept(Buffer buffer, long byteCount, long nanos) {
        if (lost) {
            return;
        }
        try {
            if (segments == null) {
                segments = new Segments();
            }
            segments.read(buffer, buffer.size() - byteCount, byteCount, input);
        } catch (RuntimeException e) {
            lost = true;
        }
        look(nanos);
    }

    /** Whether the body is a stream of server-sent events. */
    public boolean isStream() {
        return stream;
    }

    /** As {@link #finish(boolean)} of a body that was read to its end, or broke. */
    public ResponseFacts finish() {
        return finish(false);
    }

    /**
     * @param left whether the program has not read on: then it is nobody's error that a choice has no reason for its end
     * @return what was said up to now
     */
    public ResponseFacts finish(boolean left) {
        return reader.result(stream, left, firstChunkNanos);
    }

    /** What the service says went wrong, up to now, as {@link ResponseFacts#errorType()}. */
    public @Nullable String errorType() {
        return reader.error();
    }

    private void look(long nanos) {
        if (stream && firstChunkNanos == null && reader.hasContent()) {
            firstChunkNanos = nanos;
        }
    }
}
