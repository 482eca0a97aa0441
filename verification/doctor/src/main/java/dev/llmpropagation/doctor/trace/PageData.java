package dev.llmpropagation.doctor.trace;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.llmpropagation.testkit.trace.SpanDetails;
import dev.llmpropagation.testkit.trace.TraceRow;
import dev.llmpropagation.testkit.trace.TraceSpan;
import dev.llmpropagation.testkit.trace.TraceView;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** What the page's script shows on demand, as JSON inside the page. */
final class PageData {

    private PageData() {}

    /** Holds no {@code <}, so that no text in it can end the element around it. */
    static String of(List<TraceView> traces, LogsOfSpans logs) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = OtlpJson.MAPPER.createGenerator(text)) {
            json.writeStartObject();
            json.writeArrayFieldStart("traces");
            for (TraceView trace : traces) {
                json.writeStartObject();
                json.writeStringField("id", trace.traceId());
                json.writeStringField("start", Html.time(trace.startNanos()));
                json.writeNumberField("duration", trace.durationNanos());
                json.writePOJOField("sessions", trace.sessions());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeArrayFieldStart("spans");
            for (int trace = 0; trace < traces.size(); trace++) {
                for (TraceRow row : traces.get(trace).rows()) {
                    write(trace, row, logs.of(row.span()), json);
                }
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new IllegalStateException("A StringWriter failed", e);
        }
        return text.toString().replace("<", "\\u003c");
    }

    private static void write(int trace, TraceRow row, List<TraceLog> logs, JsonGenerator json) throws IOException {
        TraceSpan span = row.span();
        SpanDetails details = span.details();
        json.writeStartObject();
        json.writeNumberField("t", trace);
        json.writeStringField("id", span.spanId());
        json.writeStringField("parent", span.parentSpanId());
        json.writeStringField("name", span.name());
        json.writeStringField("kind", span.kind());
        json.writeNumberField("at", row.offsetNanos());
        json.writeNumberField("took", row.durationNanos());
        moment("byte", row.firstByteNanos(), json);
        moment("chunk", row.firstChunkNanos(), json);
        json.writeBooleanField("error", span.error());
        json.writeStringField("start", Html.time(span.startNanos()));
        json.writeStringField("service", details.service());
        json.writeStringField("scope", details.scope());
        json.writeStringField("status", details.statusMessage());
        attributes(span.attributes(), json);
        json.writeArrayFieldStart("events");
        for (SpanDetails.Event event : details.events()) {
            json.writeStartObject();
            json.writeStringField("name", event.name());
            json.writeNumberField("at", event.nanos() - span.startNanos());
            attributes(event.attributes(), json);
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("logs");
        for (TraceLog log : logs) {
            json.writeStartObject();
            json.writeStringField("name", log.name());
            json.writeStringField("severity", log.severity());
            json.writeStringField("body", log.body());
            json.writeNumberField("at", log.nanos() == 0 ? 0 : log.nanos() - span.startNanos());
            attributes(log.attributes(), json);
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("links");
        for (SpanDetails.Link link : details.links()) {
            json.writeStartObject();
            json.writeStringField("trace", link.traceId());
            json.writeStringField("span", link.spanId());
            attributes(link.attributes(), json);
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void moment(String name, OptionalDouble nanos, JsonGenerator json) throws IOException {
        if (nanos.isPresent()) {
            json.writeNumberField(name, Math.round(nanos.getAsDouble()));
        }
    }

    /** As text: a script's numbers have no room for each whole number. In pairs, since a key may be any name. */
    private static void attributes(Map<String, Object> attributes, JsonGenerator json) throws IOException {
        json.writeArrayFieldStart("attributes");
        for (Map.Entry<String, Object> attribute : attributes.entrySet()) {
            json.writeStartArray();
            json.writeString(attribute.getKey());
            json.writeString(
                    attribute.getValue() instanceof List<?> || attribute.getValue() instanceof Map<?, ?>
                            ? OtlpJson.MAPPER.writeValueAsString(attribute.getValue())
                            : attribute.getValue().toString());
            json.writeEndArray();
        }
        json.writeEndArray();
    }
}
