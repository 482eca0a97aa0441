package dev.llmpropagation.genai;

import org.jspecify.annotations.Nullable;

/** The counts of one report of usage. A later report replaces an earlier one as a whole. */
final class TokenCounts {

    private static final long NONE = -1;

    private long input;
    private long inputParts;
    private long output;
    private long cacheRead;
    private long cacheWrite;
    private long reasoning;
    private long separateReasoning;

    TokenCounts() {
        clear();
    }

    void clear() {
        input = NONE;
        inputParts = NONE;
        output = NONE;
        cacheRead = NONE;
        cacheWrite = NONE;
        reasoning = NONE;
        separateReasoning = NONE;
    }

    /** @param count -1 if what stands there is no count; then nothing is known */
    boolean add(Field field, long count) {
        if (count < 0) {
            return false;
        }
        switch (field) {
            case INPUT_TOKENS -> input = count;
            case INPUT_TOKENS_PART -> inputParts = sum(inputParts, count);
            case OUTPUT_TOKENS -> output = count;
            case CACHE_READ_TOKENS -> cacheRead = count;
            case CACHE_WRITE_TOKENS -> cacheWrite = count;
            case REASONING_TOKENS -> reasoning = count;
            case SEPARATE_REASONING_TOKENS -> separateReasoning = count;
            default -> {
                return false;
            }
        }
        return true;
    }

    boolean any() {
        return inputParts != NONE;
    }

    Usage usage() {
        return new Usage(
                known(sum(input, inputParts)),
                known(sum(output, separateReasoning)),
                known(cacheRead),
                known(cacheWrite),
                known(reasoning == NONE ? separateReasoning : reasoning));
    }

    private static long sum(long one, long other) {
        return one == NONE ? other : other == NONE ? one : one + other;
    }

    private static @Nullable Long known(long count) {
        return count == NONE ? null : count;
    }
}
