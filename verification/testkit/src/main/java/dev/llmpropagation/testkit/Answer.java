package dev.llmpropagation.testkit;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One answer of a server. Immutable.
 *
 * @param after what the service takes before it sends anything
 * @param every what it takes before each event of a stream
 */
record Answer(
        Content content,
        Duration after,
        Duration every,
        @Nullable Fault fault) {

    private static final Duration LONGEST = Duration.ofDays(365);

    static Answer of(Content content) {
        return new Answer(content, Duration.ZERO, Duration.ZERO, null);
    }

    Answer withContent(Content other) {
        return new Answer(other, after, every, fault);
    }

    Answer withAfter(Duration other) {
        return new Answer(content, notNegative("after", other), every, fault);
    }

    Answer withEvery(Duration other) {
        return new Answer(content, after, notNegative("every", other), fault);
    }

    Answer withFault(Fault other) {
        return new Answer(content, after, every, Objects.requireNonNull(other, "fault"));
    }

    static Duration notNegative(String name, Duration duration) {
        if (Objects.requireNonNull(duration, name).isNegative()) {
            throw new IllegalArgumentException(name + " is " + duration + ": use zero or more");
        }
        return bounded(duration);
    }

    /** Short enough for any unit, and longer than anybody waits. */
    static Duration bounded(Duration duration) {
        return duration.compareTo(LONGEST) < 0 ? duration : LONGEST;
    }

    /** What the service has to say. */
    sealed interface Content {}

    /**
     * What the model said, or the call of a tool that it wants.
     *
     * @param pieces of the text, or of the tool's arguments; as the events of a stream, or joined
     * @param tool null if it is text
     * @param finishReason in the service's word, or null for the usual one
     */
    record Said(
            List<String> pieces,
            @Nullable String tool,
            @Nullable String finishReason,
            long inputTokens,
            long outputTokens)
            implements Content {

        Said {
            pieces = List.copyOf(pieces);
        }

        /** With the numbers that a service might have counted. */
        static Said of(List<String> pieces, @Nullable String tool) {
            return new Said(pieces, tool, null, 9, pieces.size());
        }

        String whole() {
            return String.join("", pieces);
        }

        String finishReasonOr(String usual) {
            return finishReason == null ? usual : finishReason;
        }

        Said withFinishReason(String other) {
            return new Said(pieces, tool, Objects.requireNonNull(other, "finishReason"), inputTokens, outputTokens);
        }

        Said withUsage(long input, long output) {
            if (input < 0 || output < 0) {
                throw new IllegalArgumentException("usage is " + input + " in, " + output + " out: use zero or more");
            }
            return new Said(pieces, tool, finishReason, input, output);
        }
    }

    /** @param retryAfter null if the service does not say */
    record Failure(int status, @Nullable Duration retryAfter) implements Content {}

    record Redirect(String url) implements Content {}
}
