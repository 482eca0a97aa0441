package dev.llmpropagation.internal.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a request asks for, without the prompt. Immutable. What was not asked is null; what was asked in two ways that
 * disagree is null as well.
 *
 * @param model from the body, else from the path
 * @param stream whether the response shall be a stream
 * @param choiceCount how many answers; null if it is not said
 * @param stopSequences null if there are none, or more or longer ones than are worth keeping
 * @param outputType {@code json} or {@code text}
 * @param encodingFormat of embeddings
 * @param dimensions of embeddings
 * @param reasoningLevel in the service's own word
 * @param previousResponseId the response or interaction that this one continues
 * @param serviceTier the tier that is asked for
 * @param compacted whether a compacted form of an earlier conversation is among what is asked
 */
public record RequestFacts(
        @Nullable String model,
        boolean stream,
        @Nullable Double temperature,
        @Nullable Double topP,
        @Nullable Long topK,
        @Nullable Long maxTokens,
        @Nullable Double frequencyPenalty,
        @Nullable Double presencePenalty,
        @Nullable Long seed,
        @Nullable Long choiceCount,
        @Nullable List<String> stopSequences,
        @Nullable String outputType,
        @Nullable String encodingFormat,
        @Nullable Long dimensions,
        @Nullable String reasoningLevel,
        @Nullable String previousResponseId,
        @Nullable String serviceTier,
        boolean compacted) {

    public RequestFacts {
        stopSequences = stopSequences == null ? null : List.copyOf(stopSequences);
    }
}
