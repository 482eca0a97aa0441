package dev.llmpropagation.internal.model;

import dev.llmpropagation.internal.span.Attribute;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that a call has used, as its service reports them in the last report of the response. Immutable. A count that
 * was not reported is null, never a guess.
 *
 * @param inputTokens all of the prompt, cached tokens and those of the service's own tools included
 * @param outputTokens all that the model made, reasoning included
 * @param cacheReadTokens part of the input
 * @param cacheWriteTokens part of the input
 * @param reasoningTokens part of the output
 * @param byModality parts of input, output and cached input, by the attribute that counts them; none of them is zero
 */
public record Usage(
        @Nullable Long inputTokens,
        @Nullable Long outputTokens,
        @Nullable Long cacheReadTokens,
        @Nullable Long cacheWriteTokens,
        @Nullable Long reasoningTokens,
        Map<Attribute, Long> byModality) {

    public Usage {
        byModality = Map.copyOf(byModality);
    }
}
