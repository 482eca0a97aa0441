package dev.llmpropagation.doctor.trace;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what exporters send to a collector. */
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
        ExportTraceServiceRequest.Builder read = ExportTraceServiceRequest.newBuilder();
        into(read, body, contentType);
        ExportTraceServiceRequest request = read.build();
        for (ResourceSpans resource : request.getResourceSpansList()) {
            for (ScopeSpans scope : resource.getScopeSpansList()) {
                for (Span span : scope.getSpansList()) {
                    require(span);
                }
            }
        }
        return request;
    }

    /** As {@link #read}, of {@code /v1/logs}. */
    public static ExportLogsServiceRequest readLogs(InputStream body, @Nullable String contentType) throws IOException {
        ExportLogsServiceRequest.Builder read = ExportLogsServiceRequest.newBuilder();
        into(read, body, contentType);
        ExportLogsServiceRequest request = read.build();
        for (ResourceLogs resource : request.getResourceLogsList()) {
            for (ScopeLogs scope : resource.getScopeLogsList()) {
                for (LogRecord log : scope.getLogRecordsList()) {
                    if (!isId(log.getTraceId(), TRACE_ID) || !isId(log.getSpanId(), SPAN_ID)) {
                        throw new IOException(
                                "a log record has a traceId that is not of 16 bytes, or a spanId not of 8");
                    }
                }
            }
        }
        return request;
    }

    /** As {@link #read}, of {@code /v1/metrics}. */
    public static ExportMetricsServiceRequest readMetrics(InputStream body, @Nullable String contentType)
            throws IOException {
        ExportMetricsServiceRequest.Builder read = ExportMetricsServiceRequest.newBuilder();
        into(read, body, contentType);
        return read.build();
    }

    private static boolean isId(ByteString id, int length) {
        return id.isEmpty() || id.size() == length;
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

    private static void into(Message.Builder request, InputStream body, @Nullable String contentType)
            throws IOException {
        if (!isJson(contentType)) {
            request.mergeFrom(body);
            return;
        }
        try (JsonParser json = BoundedParser.of(JsonText.of(body), MOST_VALUES)) {
            JsonNode tree = OtlpJson.MAPPER.readTree(json);
            OtlpJson.read(tree == null ? OtlpJson.MAPPER.missingNode() : tree, request, "");
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

    /** The log records in the order of the request. */
    public static List<TraceLog> logs(ExportLogsServiceRequest request) {
        return OtlpLogs.of(request);
    }

    /** One point for each series. */
    public static List<MetricPoint> metrics(ExportMetricsServiceRequest request) {
        return request.getResourceMetricsList().stream()
                .flatMap(resource -> OtlpMetrics.of(resource).stream())
                .toList();
    }
}
