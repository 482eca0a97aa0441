package dev.llmpropagation.doctor.trace;

import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** Reads what exporters send to a collector's {@code /v1/traces}. */
public final class OtlpRequests {

    private OtlpRequests() {}

    /**
     * @param contentType {@code application/json} for OTLP JSON, anything else for protobuf
     * @param contentEncoding {@code gzip}, or anything else for none
     * @throws IOException if it is no such request
     */
    public static ExportTraceServiceRequest read(
            InputStream body, @Nullable String contentType, @Nullable String contentEncoding) throws IOException {
        InputStream in = "gzip".equalsIgnoreCase(contentEncoding) ? new GZIPInputStream(body) : body;
        if (!isJson(contentType)) {
            return ExportTraceServiceRequest.parseFrom(in);
        }
        try {
            return OtlpJson.read(OtlpJson.MAPPER.readTree(in));
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
