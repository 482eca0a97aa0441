package dev.llmpropagation.doctor.trace;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what exporters send to a collector's {@code /v1/traces}. */
public final class OtlpRequests {

    /** An exporter sends some hundred spans at once, of some hundred values each. */
    private static final int MOST_VALUES = 1_000_000;

    private static final int TRACE_ID = 16;
    private static final int SPAN_ID = 8;

    private OtlpRequests() {}

    /**
     * @param body not packed
     * @param contentType {@code application/json} for OTLP JSON, anything else for protobuf
     * @throws IOException if it is no such request
     */
    public static ExportTraceServiceRequest read(InputStream body, @Nullable String contentType) throws IOException {
        ExportTraceServiceRequest request =
                isJson(contentType) ? ofJson(body) : ExportTraceServiceRequest.parseFrom(body);
        for (ResourceSpans resource : request.getResourceSpansList()) {
            for (ScopeSpans scope : resource.getScopeSpansList()) {
                for (Span span : scope.getSpansList()) {
                    require(span);
                }
            }
        }
        return request;
    }

    /** Ids are kept, and looked for: of any other length they would cost what their sender likes, and find nothing. */
    private static void require(Span span) throws IOException {
        int parent = span.getParentSpanId().size();
        if (span.getTraceId().size() != TRACE_ID
                || span.getSpanId().size() != SPAN_ID
                || (parent != 0 && parent != SPAN_ID)) {
            throw new IOException("a span has no traceId of 16 bytes, or no spanId of 8");
        }
    }

    private static ExportTraceServiceRequest ofJson(InputStream body) throws IOException {
        try (JsonParser json = BoundedParser.of(JsonText.of(body), MOST_VALUES)) {
            JsonNode request = OtlpJson.MAPPER.readTree(json);
            return OtlpJson.read(request == null ? OtlpJson.MAPPER.missingNode() : request);
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    public static boolean isJson(@Nullable String contentType) {
        return contentType != null && contentType.startsWith("application/json");
    }

    /** The spans in the order of the request. */
    public static List<TraceSpan> spans(ExportTraceServiceRequest request) {
        return OtlpSpans.of(request);
    }
}
