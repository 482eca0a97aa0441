package dev.llmpropagation.doctor.trace;

import dev.llmpropagation.testkit.trace.TraceSpan;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Log records by the span that each names. Immutable once made. */
final class LogsOfSpans {

    private final Map<String, List<LogEvent>> bySpan = new HashMap<>();
    private final Map<String, List<LogEvent>> byTrace = new HashMap<>();

    LogsOfSpans(Collection<LogEvent> logs) {
        for (LogEvent log : logs) {
            bySpan.computeIfAbsent(log.traceId() + log.spanId(), id -> new ArrayList<>())
                    .add(log);
            byTrace.computeIfAbsent(log.traceId(), id -> new ArrayList<>()).add(log);
        }
    }

    List<LogEvent> of(TraceSpan span) {
        return bySpan.getOrDefault(span.traceId() + span.spanId(), List.of());
    }

    List<LogEvent> ofTrace(String traceId) {
        return byTrace.getOrDefault(traceId, List.of());
    }
}
