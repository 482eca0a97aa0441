package dev.llmpropagation.doctor.trace;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what exporters send to a collector's {@code /v1/traces}. */
public final class OtlpRequests {

    /** An exporter sends some hundred spans at once, of some hundred values each. */
    private static final int MOST_VALUES = 1_000_000;

    private OtlpRequests() {}

    /**
     * @param body not packed
     * @param contentType {@code application/json} for OTLP JSON, anything else for protobuf
     * @throws IOException if it is no such request
     */
    public static ExportTraceServiceRequest read(InputStream body, @Nullable String contentType) throws IOException {
        if (!isJson(contentType)) {
            return ExportTraceServiceRequest.parseFrom(body);
        }
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
