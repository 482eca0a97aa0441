package dev.llmpropagation.doctor.trace;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import dev.llmpropagation.testkit.trace.Plain;
import dev.llmpropagation.testkit.trace.TraceSpan;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.ZipException;

/**
 * Spans from a file of OTLP JSON: one request a line, as a collector's file exporter writes them, or one whole document.
 * Metrics among them are left out, and so are log records where nobody asks for them. It may be packed by gzip. Immutable.
 *
 * @param spans in the order of the file
 * @param cutOffAt the line in which the file breaks off, as one does that is still written; 0 if it does not
 */
public record TraceFile(List<TraceSpan> spans, int cutOffAt) {

    private static final String BROKEN_PACK = " breaks off: it is packed by gzip, and not whole.";
    private static final String DAMAGED_PACK = " is damaged: it is packed by gzip, and cannot be unpacked.";

    /** Jackson's words. */
    private static final String LINE_END_IN_TEXT = "CTRL-CHAR, code 10";

    public TraceFile {
        spans = List.copyOf(spans);
    }

    /**
     * @param name stands for the file in messages
     * @throws IOException with a message for its user that names file, line and reason, if there is something else in it
     */
    public static TraceFile read(String name, InputStream in) throws IOException {
        List<TraceSpan> spans = new ArrayList<>();
        int cutOffAt = read(name, in, spans::add);
        return new TraceFile(spans, cutOffAt);
    }

    /**
     * The same for a file that is larger than memory.
     *
     * @param spans gets each span, in the order of the file
     * @return where the file breaks off, as {@link #cutOffAt} says
     */
    static int read(String name, InputStream in, Consumer<TraceSpan> spans) throws IOException {
        return read(name, in, spans, log -> {});
    }

    /** @param logs gets each log record, in the order of the file */
    static int read(String name, InputStream in, Consumer<TraceSpan> spans, Consumer<TraceLog> logs)
            throws IOException {
        PackedBytes bytes;
        try {
            bytes = PackedBytes.of(name, in);
        } catch (EOFException e) {
            throw new IOException(name + BROKEN_PACK, e);
        } catch (ZipException e) {
            throw new IOException(name + DAMAGED_PACK, e);
        }
        Counted counted = new Counted(spans);
        BoundedParser json = SpanReader.parser(JsonText.of(bytes));
        SpanReader reader = new SpanReader(json, counted, logs);
        try {
            int requests = 0;
            while (reader.next()) {
                requests++;
            }
            if (requests == 0) {
                throw new IOException(name + (bytes.isBrokenOff() ? BROKEN_PACK : " is empty: it holds no OTLP JSON."));
            }
            return bytes.isBrokenOff() ? json.currentLocation().getLineNr() : 0;
        } catch (JsonEOFException e) {
            if (counted.count == 0) {
                throw bytes.isBrokenOff() ? new IOException(name + BROKEN_PACK, e) : unreadable(name, e);
            }
            return line(e);
        } catch (JsonProcessingException e) {
            throw unreadable(name, e);
        } catch (ZipException e) {
            throw new IOException(name + DAMAGED_PACK, e);
        } catch (IllegalArgumentException e) {
            throw new IOException(name + ", line " + reader.line() + ": " + Plain.text(e.getMessage()), e);
        }
    }

    private static final class Counted implements Consumer<TraceSpan> {

        private final Consumer<TraceSpan> spans;
        private long count;

        Counted(Consumer<TraceSpan> spans) {
            this.spans = spans;
        }

        @Override
        public void accept(TraceSpan span) {
            count++;
            spans.accept(span);
        }
    }

    private static IOException unreadable(String name, JsonProcessingException e) {
        String reason = Plain.text(e.getOriginalMessage());
        String what;
        if (e instanceof StreamConstraintsException) {
            what = "this is larger than anything that spans hold: " + reason;
        } else if (reason.contains(LINE_END_IN_TEXT)) {
            what = "the line breaks off within a text. Leave it out to see the others.";
        } else {
            what = "this is no JSON: " + reason;
        }
        return new IOException(name + ", line " + line(e) + ": " + what, e);
    }

    private static int line(JsonProcessingException e) {
        JsonLocation location = e.getLocation();
        return location == null ? 1 : location.getLineNr();
    }
}
