package dev.llmpropagation.testkit.trace;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A span in its place in a {@link TraceView}, and what is shown of it at first sight. Immutable.
 *
 * @param depth 0 for a root
 * @param last whether no other child of its parent follows
 * @param children how many it has
 * @param orphan whether it names a parent under which it does not stand
 * @param offsetNanos since the start of the trace
 */
public record TraceRow(TraceSpan span, int depth, boolean last, int children, boolean orphan, long offsetNanos) {

    /** Nothing that is traced takes so long. */
    private static final long YEAR = 365L * 24 * 3600 * 1_000_000_000;

    private static final String COMPLETED = "completed";

    public long durationNanos() {
        return duration(span);
    }

    /** Whether it is known when it was. A span that does not say stands at the start of its trace. */
    public boolean hasTime() {
        return hasTime(span);
    }

    static boolean hasTime(TraceSpan span) {
        // In OTLP 0 says that there is no time; beside an end of today it would make an axis of half a century.
        return span.startNanos() > 0 || (span.startNanos() == 0 && span.endNanos() > 0 && span.endNanos() < YEAR);
    }

    /** 0 for one that has not ended, or not after its start. */
    static long duration(TraceSpan span) {
        long nanos = span.endNanos() - span.startNanos();
        return hasTime(span) && span.endNanos() >= span.startNanos() && nanos < YEAR ? nanos : 0;
    }

    /** Whether it is one request on the wire, and not a logical call. */
    public boolean isAttempt() {
        return span.isAttempt();
    }

    /** From 1; empty if it is no attempt. */
    public OptionalLong attempt() {
        return isAttempt()
                ? OptionalLong.of(1
                        + span.number("http.request.resend_count")
                                .map(Number::longValue)
                                .orElse(0L))
                : OptionalLong.empty();
    }

    /** The status of the answer, or the simple name of the error; empty if there is neither. */
    public String status() {
        return span.text("http.response.status_code")
                .or(() -> span.text("error.type").map(type -> type.substring(type.lastIndexOf('.') + 1)))
                .orElse("");
    }

    public Optional<String> outcome() {
        return span.text("llm_propagation.outcome");
    }

    /** Whether there is nothing to say about its end. */
    public boolean isGood() {
        return !span.error() && outcome().map(COMPLETED::equals).orElse(true);
    }

    public Optional<String> session() {
        return span.text("session.id").or(() -> span.text("gen_ai.conversation.id"));
    }

    /** Whom the span is about: a model, a tool, an agent, a host. Empty if nobody is named. */
    public String subject() {
        List<String> keys = isAttempt()
                ? List.of("server.address")
                : List.of(
                        "qwen-code.daemon.bridge.operation",
                        "http.route",
                        "gen_ai.request.model",
                        "gen_ai.tool.name",
                        "tool.name",
                        "qwen-code.subagent.name",
                        "hook_event",
                        "gen_ai.agent.name",
                        "server.address");
        return keys.stream()
                .flatMap(key -> span.text(key).stream())
                .filter(Predicate.not(String::isBlank))
                .findFirst()
                .orElse("");
    }

    public OptionalLong inputTokens() {
        return whole("gen_ai.usage.input_tokens");
    }

    public OptionalLong outputTokens() {
        return whole("gen_ai.usage.output_tokens");
    }

    /** As {@code 812→64}; empty if none were counted. */
    public String tokens() {
        if (inputTokens().isEmpty() && outputTokens().isEmpty()) {
            return "";
        }
        return Stream.of(inputTokens(), outputTokens())
                .map(count -> count.isPresent() ? Long.toString(count.getAsLong()) : "?")
                .reduce((in, out) -> in + '→' + out)
                .orElseThrow();
    }

    /** Since the start of the span. */
    public OptionalDouble firstByteNanos() {
        return seconds("llm_propagation.time_to_first_byte");
    }

    /** Since the start of the span. */
    public OptionalDouble firstChunkNanos() {
        return seconds("gen_ai.response.time_to_first_chunk");
    }

    private OptionalLong whole(String key) {
        return span.number(key).stream().mapToLong(Number::longValue).findFirst();
    }

    private OptionalDouble seconds(String key) {
        return span.number(key).stream()
                .mapToDouble(number -> number.doubleValue() * 1e9)
                .filter(nanos -> nanos >= 0 && nanos <= Long.MAX_VALUE)
                .findFirst();
    }
}
