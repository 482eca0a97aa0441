package dev.llmpropagation.doctor;

import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.api.trace.Span;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a scenario left behind. Immutable.
 *
 * @param answer what the program got
 * @param requests as received by the services, in the order of their arrival
 * @param spans as received by the collector
 * @param exports headers of the requests to the collector
 * @param programs the program's span, by session
 * @param openSpans started and not ended
 * @param exported whether the exporter could send all that ended
 */
record Evidence(
        String answer,
        List<WireRequest> requests,
        List<TraceSpan> spans,
        List<Map<String, String>> exports,
        Map<String, Span> programs,
        int openSpans,
        boolean exported) {

    Evidence {
        // Sessions run side by side, so only within one of them is the order of arrival a fact.
        if (programs.size() > 1) {
            requests = requests.stream()
                    .sorted(Comparator.comparing(request -> request.headers().getOrDefault(WireRequest.SESSION, "")))
                    .toList();
        }
    }

    /** The library's spans, in the order of the requests. */
    List<TraceSpan> attempts() {
        return spans.stream()
                .filter(TraceSpan::isAttempt)
                .sorted(Comparator.comparing((TraceSpan span) ->
                                programs.size() > 1 ? span.text("session.id").orElse("") : "")
                        .thenComparing(TraceSpan::startNanos))
                .toList();
    }

    /** Id of the program's span, or null if the scenario never ran in this session. */
    @Nullable
    String programSpanId(String session) {
        Span span = programs.get(session);
        return span == null ? null : span.getSpanContext().getSpanId();
    }
}
