package dev.llmpropagation.doctor.trace;

import dev.llmpropagation.testkit.trace.TraceSpan;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Log records by the span that each names. Immutable once made. */
final class LogsOfSpans {

    private final Map<String, List<TraceLog>> bySpan = new HashMap<>();
    private final Map<String, List<TraceLog>> byTrace = new HashMap<>();

    LogsOfSpans(Collection<TraceLog> logs) {
        for (TraceLog log : logs) {
            bySpan.computeIfAbsent(log.traceId() + log.spanId(), id -> new ArrayList<>())
                    .add(log);
            byTrace.computeIfAbsent(log.traceId(), id -> new ArrayList<>()).add(log);
        }
    }

    List<TraceLog> of(TraceSpan span) {
        return bySpan.getOrDefault(span.traceId() + span.spanId(), List.of());
    }

    List<TraceLog> ofTrace(String traceId) {
        return byTrace.getOrDefault(traceId, List.of());
    }
}
