package dev.llmpropagation.verification.trace;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Spans from a file of OTLP JSON: one request a line, as a collector's file exporter writes them, or one whole document.
 * Logs and metrics among them are left out. Immutable.
 *
 * @param spans in the order of the file
 * @param cutOffAt the line in which the file breaks off, as one does that is still written; 0 if it does not
 */
public record TraceFile(List<TraceSpan> spans, int cutOffAt) {

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
                OtlpJson.MAPPER.readerFor(JsonNode.class).readValues(in)) {
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
        }
        if (requests == 0) {
            throw new IOException(name + " is empty: it holds no OTLP JSON.");
        }
        return new TraceFile(spans, 0);
    }

    private static List<TraceSpan> spans(String name, int line, JsonNode value) throws IOException {
        if (value.has("resourceLogs") || value.has("resourceMetrics")) {
            return List.of();
        }
        try {
            return OtlpSpans.of(OtlpJson.read(request(value)));
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
        return new IOException(
                name + ", line " + line(e) + ": this is no JSON: " + Plain.text(e.getOriginalMessage()), e);
    }

    private static int line(JsonProcessingException e) {
        JsonLocation location = e.getLocation();
        return location == null ? 1 : location.getLineNr();
    }
}
