package dev.llmpropagation.internal.model;

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
 */
public record Usage(
        @Nullable Long inputTokens,
        @Nullable Long outputTokens,
        @Nullable Long cacheReadTokens,
        @Nullable Long cacheWriteTokens,
        @Nullable Long reasoningTokens) {}
