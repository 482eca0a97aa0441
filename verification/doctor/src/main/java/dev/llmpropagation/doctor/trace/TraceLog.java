package dev.llmpropagation.doctor.trace;

import dev.llmpropagation.testkit.trace.TraceSpan;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * One log record as it was exported. Immutable.
 *
 * @param nanos since the epoch: when it was written, or else seen; 0 if neither is told
 * @param traceId empty if it stands in no trace
 * @param spanId empty likewise
 * @param name of the event, or empty
 * @param severity as OTLP names it, without the prefix: {@code INFO}, {@code ERROR} …
 * @param body empty if it is no text
 * @param service as the resource names it, or empty
 * @param attributes as {@link TraceSpan#attributes} are
 */
public record TraceLog(
        long nanos,
        String traceId,
        String spanId,
        String name,
        String severity,
        String body,
        String service,
        Map<String, Object> attributes) {

    /** All of them on one line. */
    public String shownAttributes() {
        return attributes.entrySet().stream()
                .map(attribute -> attribute.getKey() + '=' + attribute.getValue())
                .collect(Collectors.joining("  "));
    }

    /** The attribute as text. */
    public Optional<String> text(String key) {
        return Optional.ofNullable(attributes.get(key)).map(Object::toString);
    }
}
