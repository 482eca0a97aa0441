package dev.llmpropagation.scenarios.corpus;

import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.Attributed.texts;

import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What is told of an answer: by the attributes of a span, or by the SDK's types in the same terms. */
record Told(
        @Nullable String id,
        @Nullable String model,
        List<String> finishReasons,
        Counts usage,
        @Nullable String errorType) {

    static final String ERROR = "error";
    private static final String OTHER = "_OTHER";

    /** Tokens; null where nothing was reported. */
    record Counts(
            @Nullable Long input,
            @Nullable Long output,
            @Nullable Long cacheRead,
            @Nullable Long cacheWrite,
            @Nullable Long reasoning) {

        static final Counts NONE = new Counts(null, null, null, null, null);
    }

    /** By the index of the choice; the convention's word where a choice has none. */
    static final class Reasons {

        private final Map<Long, String> reasons = new TreeMap<>();

        void add(long index, Optional<String> reason) {
            reason.filter(text -> !text.isEmpty())
                    .ifPresentOrElse(text -> reasons.put(index, text), () -> reasons.putIfAbsent(index, ERROR));
        }

        List<String> toList() {
            return List.copyOf(reasons.values());
        }
    }

    static Told of(SpanData span) {
        List<String> reasons = texts(span, "gen_ai.response.finish_reasons");
        return new Told(
                text(span, "gen_ai.response.id"),
                text(span, "gen_ai.response.model"),
                reasons == null ? List.of() : reasons,
                new Counts(
                        number(span, "gen_ai.usage.input_tokens"),
                        number(span, "gen_ai.usage.output_tokens"),
                        number(span, "gen_ai.usage.cache_read.input_tokens"),
                        number(span, "gen_ai.usage.cache_write.input_tokens"),
                        number(span, "gen_ai.usage.reasoning.output_tokens")),
                text(span, "error.type"));
    }

    /** What an SDK does not tell: that a stream has ended before its end. */
    static Told of(Body body, Told typed) {
        return body.isCut()
                ? new Told(typed.id, typed.model, typed.finishReasons, typed.usage, "incomplete_response")
                : typed;
    }

    /** Of an answer that is no success. */
    static Told status(int code) {
        return new Told(null, null, List.of(), Counts.NONE, Integer.toString(code));
    }

    /** The first that is there; every error has some name. */
    static String errorName(@Nullable String... names) {
        for (String name : names) {
            if (name != null) {
                return name;
            }
        }
        return OTHER;
    }
}
