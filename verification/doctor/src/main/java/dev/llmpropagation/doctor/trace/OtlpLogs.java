package dev.llmpropagation.doctor.trace;

import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.logs.v1.LogRecord;
import java.util.List;

/** Reads log records from OTLP. */
final class OtlpLogs {

    private static final String SEVERITY_PREFIX = "SEVERITY_NUMBER_";

    private OtlpLogs() {}

    static List<TraceLog> of(ExportLogsServiceRequest request) {
        return request.getResourceLogsList().stream()
                .flatMap(resource -> resource.getScopeLogsList().stream()
                        .flatMap(scope -> scope.getLogRecordsList().stream())
                        .map(log -> of(log, OtlpSpans.service(resource.getResource()))))
                .toList();
    }

    static TraceLog of(LogRecord log, String service) {
        String severity = log.getSeverityNumber().name();
        return new TraceLog(
                log.getTimeUnixNano() != 0 ? log.getTimeUnixNano() : log.getObservedTimeUnixNano(),
                OtlpSpans.hex(log.getTraceId()),
                OtlpSpans.hex(log.getSpanId()),
                log.getEventName(),
                severity.startsWith(SEVERITY_PREFIX) ? severity.substring(SEVERITY_PREFIX.length()) : severity,
                log.getBody().getStringValue(),
                service,
                OtlpSpans.attributes(log.getAttributesList()));
    }
}
