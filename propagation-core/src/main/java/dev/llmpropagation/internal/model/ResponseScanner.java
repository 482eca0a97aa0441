package dev.llmpropagation.internal.model;

import okio.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a response says of itself, from the bytes of its body as they pass: a JSON document, or a stream of
 * server-sent events, whatever its label says. Keeps none of them but part of a name or value that was cut. Allocates
 * nothing for an event that says nothing new. Never throws: what it cannot read it does not tell. For one body and one
 * thread at a time.
 */
public final class ResponseScanner {

    /** {@code error.type} of what is no response to such a call. */
    public static final String INVALID = "invalid_response";
    /** {@code error.type} of a response of which the end is missing. */
    public static final String INCOMPLETE = "incomplete_response";

    private final WireFormat format;
    private final ResponseReader reader = new ResponseReader();
    private final JsonScanner json;
    private final EventStream events;
    private final @Nullable Boolean streamAsked;
    private final Segments.Reader input = this::read;
    private @Nullable BodyStart start = new BodyStart();
    private BodyStart.@Nullable Kind kind;
    private boolean stream;
    private @Nullable Segments segments;
    private boolean chunkSeen;
    private long firstChunkNanos;
    private long lastChunkNanos;
    private int chunksTaken;
    private boolean lost;

    /**
     * @param streamAsked null if nobody knows
     * @param stream what it is taken for until its first bytes tell
     */
    ResponseScanner(WireFormat format, @Nullable Boolean streamAsked, boolean stream) {
        this.format = format;
        this.json = new JsonScanner(format.response(), reader);
        this.events = new EventStream(json, reader);
        this.streamAsked = streamAsked;
        this.stream = stream;
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

    /** Whether the body is a stream of server-sent events; before its first bytes, whether it should be. */
    public boolean isStream() {
        return stream;
    }

    /**
     * How many further chunks the bytes of this moment brought, in which the model said something; the first of all does
     * not count.
     */
    public int takeChunks() {
        int all = Math.max(0, events.chunks() - 1);
        int taken = all - chunksTaken;
        chunksTaken = all;
        return taken;
    }

    /**
     * The time since the last chunk, of one that has just come; those that came with it had none.
     *
     * @param nanos the time now, by the clock of the caller
     */
    public long takeGap(long nanos) {
        long gap = nanos - lastChunkNanos;
        lastChunkNanos = nanos;
        return gap;
    }

    /** The model that answers, as far as it is known. */
    public @Nullable String model() {
        return reader.model();
    }

    /**
     * @param left whether the program has not read on: then it is nobody's error that a choice has no reason for its end
     * @return what was said up to now
     */
    public ResponseFacts finish(boolean left) {
        return reader.result(stream, left, chunkSeen ? (Long) firstChunkNanos : null);
    }

    /** What the service says went wrong, up to now, as {@link ResponseFacts#errorType()}. */
    public @Nullable String errorType() {
        return reader.error();
    }

    /**
     * Why this is no response that a program could use, although the service tells of no error: {@link #INVALID} if it
     * is not what was asked for, {@link #INCOMPLETE} if its end is missing; null if it is one, or nobody can tell.
     *
     * @param toItsEnd whether there are no more bytes; else the program may have had enough
     */
    public @Nullable String fault(boolean toItsEnd) {
        if (lost) {
            return null;
        }
        if (kind == null) {
            return toItsEnd ? INCOMPLETE : null;
        }
        if (stream) {
            if (Boolean.FALSE.equals(streamAsked)) {
                return INVALID;
            }
            if (!toItsEnd || events.markSeen() || reader.hasEnd()) {
                return null;
            }
            return kind == BodyStart.Kind.OTHER && !events.dataSeen() ? INVALID : INCOMPLETE;
        }
        if (kind == BodyStart.Kind.OTHER || json.isLost()) {
            return INVALID;
        }
        if (!toItsEnd) {
            return null;
        }
        boolean whole = json.isDone() && (!Boolean.TRUE.equals(streamAsked) || reader.hasEnd());
        return whole ? null : INCOMPLETE;
    }

    private void read(byte[] bytes, int from, int to) {
        int i = from;
        BodyStart looking = start;
        if (looking != null) {
            i = looking.look(bytes, from, to);
            kind = looking.kind();
            if (kind == null) {
                return;
            }
            start = null;
            // A stream that was asked for may begin with an unknown field.
            stream = kind == BodyStart.Kind.EVENTS || (kind == BodyStart.Kind.OTHER && stream);
            if (stream && format.anyErrorEndsAStream()) {
                reader.countAnyError();
            }
            content(looking.head(), 0, looking.length());
        }
        content(bytes, i, to);
    }

    private void content(byte[] bytes, int from, int to) {
        if (stream) {
            events.accept(bytes, from, to);
        } else {
            json.accept(bytes, from, to);
        }
    }

    private void look(long nanos) {
        if (stream && !chunkSeen && reader.hasContent()) {
            chunkSeen = true;
            firstChunkNanos = nanos;
            lastChunkNanos = nanos;
        }
    }
}
