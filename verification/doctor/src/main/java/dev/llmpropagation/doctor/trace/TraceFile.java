package dev.llmpropagation.doctor.trace;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import dev.llmpropagation.testkit.trace.Plain;
import dev.llmpropagation.testkit.trace.TraceSpan;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Spans from a file of OTLP JSON: one request a line, as a collector's file exporter writes them, or one whole document.
 * Logs and metrics among them are left out. It may be packed by gzip. Immutable.
 *
 * @param spans in the order of the file
 * @param cutOffAt the line in which the file breaks off, as one does that is still written; 0 if it does not
 */
public record TraceFile(List<TraceSpan> spans, int cutOffAt) {

    private static final byte[] GZIP = {0x1f, (byte) 0x8b};

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
        int requests = 0;
        try (MappingIterator<JsonNode> values =
                OtlpJson.MAPPER.readerFor(JsonNode.class).readValues(unpacked(in))) {
            while (values.hasNextValue()) {
                int line = values.getParser().currentTokenLocation().getLineNr();
                spans.addAll(spans(name, line, values.nextValue()));
                requests++;
            }
        } catch (JsonEOFException e) {
            if (requests == 0) {
                throw unreadable(name, e);
            }
            return new TraceFile(spans, line(e));
        } catch (JsonProcessingException e) {
            throw unreadable(name, e);
        } catch (EOFException e) { // of a packed file that is still written
            if (requests == 0) {
                throw new IOException(name + " breaks off: it is packed by gzip, and not whole.", e);
            }
            return new TraceFile(spans, requests + 1);
        } catch (ZipException e) {
            throw new IOException(name + " is damaged: it is packed by gzip, and cannot be unpacked.", e);
        }
        if (requests == 0) {
            throw new IOException(name + " is empty: it holds no OTLP JSON.");
        }
        return new TraceFile(spans, 0);
    }

    /** As it is, or what was packed by gzip. */
    private static InputStream unpacked(InputStream in) throws IOException {
        BufferedInputStream bytes = new BufferedInputStream(in);
        bytes.mark(GZIP.length);
        boolean packed = Arrays.equals(bytes.readNBytes(GZIP.length), GZIP);
        bytes.reset();
        return packed ? new GZIPInputStream(bytes) : bytes;
    }

    private static List<TraceSpan> spans(String name, int line, JsonNode value) throws IOException {
        if (value.has("resourceLogs") || value.has("resourceMetrics")) {
            return List.of();
        }
        try {
            List<TraceSpan> spans = OtlpSpans.of(OtlpJson.read(request(value)));
            for (TraceSpan span : spans) {
                if (span.traceId().isEmpty() || span.spanId().isEmpty()) {
                    throw new IllegalArgumentException("the span \"" + span.name() + "\" lacks its traceId or spanId");
                }
            }
            return spans;
        } catch (IllegalArgumentException e) {
            throw new IOException(name + ", line " + line + ": " + Plain.text(e.getMessage()), e);
        }
    }

    private static JsonNode request(JsonNode value) {
        if (value.has("scopeSpans")) {
            // OpenTelemetry's own logging exporter writes what stands inside a request.
            return OtlpJson.MAPPER
                    .createObjectNode()
                    .set("resourceSpans", OtlpJson.MAPPER.createArrayNode().add(value));
        }
        if (!value.isObject() || (!value.isEmpty() && !value.has("resourceSpans"))) {
            throw new IllegalArgumentException("this is JSON, but no OTLP: it lacks resourceSpans");
        }
        return value;
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
