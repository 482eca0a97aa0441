package dev.llmpropagation.internal.model;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Modality;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The counts of one report of usage. A later report replaces an earlier one as a whole, unless it counts nothing: some
 * services report in an early chunk, and write zeros or nothing into those that follow.
 */
final class TokenCounts {

    private static final long NONE = -1;

    private static final int INPUT = 0;
    private static final int INPUT_PARTS = 1;
    private static final int OUTPUT = 2;
    private static final int CACHE_READ = 3;
    private static final int CACHE_WRITE = 4;
    private static final int REASONING = 5;
    private static final int SEPARATE_REASONING = 6;
    private static final int TOTAL = 7;
    private static final int FIRST_PART = 8;

    private static final List<Attribute> PARTS = Arrays.stream(Modality.values())
            .flatMap(modality -> Stream.of(modality.input, modality.output, modality.cacheRead))
            .toList();

    private static final int SIZE = FIRST_PART + PARTS.size();

    private static final long[] UNKNOWN = new long[SIZE];

    static {
        Arrays.fill(UNKNOWN, NONE);
    }

    // Made late: most streams report usage in their last chunk, and are open for long before that.
    private long[] counts = UNKNOWN;
    private long[] before = UNKNOWN;

    /** A report begins. */
    void begin() {
        if (countsAnything(counts)) {
            long[] report = counts;
            counts = before;
            before = report;
        }
        Arrays.fill(own(), NONE);
    }

    /** @param count -1 if what stands there is no count; then nothing is known */
    void add(Field field, long count) {
        if (count < 0) {
            return;
        }
        long[] counts = own();
        switch (field) {
            case INPUT_TOKENS -> counts[INPUT] = count;
            case INPUT_TOKENS_PART -> counts[INPUT_PARTS] = sum(counts[INPUT_PARTS], count);
            case OUTPUT_TOKENS -> counts[OUTPUT] = count;
            // Some services write it in two places.
            case CACHE_READ_TOKENS -> counts[CACHE_READ] = Math.max(counts[CACHE_READ], count);
            case CACHE_WRITE_TOKENS -> counts[CACHE_WRITE] = Math.max(counts[CACHE_WRITE], count);
            case CACHE_CREATION_TOKENS ->
                counts[CACHE_WRITE] = count == 0 ? counts[CACHE_WRITE] : Math.max(counts[CACHE_WRITE], count);
            case REASONING_TOKENS -> counts[REASONING] = Math.max(counts[REASONING], count);
            case SEPARATE_REASONING_TOKENS -> counts[SEPARATE_REASONING] = count;
            case TOTAL_TOKENS -> counts[TOTAL] = count;
            default -> add(field.attribute, count);
        }
    }

    /** Part of a count, by what its tokens stand for; zero tells nothing. Several parts of one kind add up. */
    void add(@Nullable Attribute part, long count) {
        int index = part == null || count <= 0 ? -1 : PARTS.indexOf(part);
        if (index >= 0) {
            long[] counts = own();
            counts[FIRST_PART + index] = sum(counts[FIRST_PART + index], count);
        }
    }

    private long[] own() {
        if (counts == UNKNOWN) {
            counts = UNKNOWN.clone();
        }
        return counts;
    }

    boolean any() {
        return counts[INPUT_PARTS] != NONE;
    }

    Usage usage() {
        long[] last = countsAnything(before) && !countsAnything(counts) ? before : counts;
        long separate = last[SEPARATE_REASONING];
        long reasoning = last[REASONING];
        return new Usage(
                known(sum(last[INPUT], last[INPUT_PARTS])),
                known(sum(last[OUTPUT], isReasoningBesideOutput(last) ? reasoning : separate)),
                known(last[CACHE_READ]),
                known(last[CACHE_WRITE]),
                known(reasoning == NONE ? separate : reasoning),
                parts(last));
    }

    private static Map<Attribute, Long> parts(long[] counts) {
        Map<Attribute, Long> parts = new HashMap<>();
        for (int i = 0; i < PARTS.size(); i++) {
            long count = counts[FIRST_PART + i];
            if (count != NONE) {
                parts.put(PARTS.get(i), count);
            }
        }
        return parts;
    }

    /** As with xAI. Where it is part of the output, as with OpenAI, the total cannot hold it once more. */
    private static boolean isReasoningBesideOutput(long[] counts) {
        long reasoning = counts[REASONING];
        if (reasoning <= 0 || counts[OUTPUT] == NONE || counts[SEPARATE_REASONING] != NONE) {
            return false;
        }
        return (counts[TOTAL] == NONE || counts[INPUT] == NONE)
                ? reasoning > counts[OUTPUT]
                : counts[TOTAL] >= sum(sum(counts[INPUT], counts[OUTPUT]), reasoning);
    }

    private static boolean countsAnything(long[] counts) {
        for (long count : counts) {
            if (count > 0) {
                return true;
            }
        }
        return false;
    }

    /** The sum; the largest number where none can hold the sum, since a service can write anything. */
    private static long sum(long one, long other) {
        if (one == NONE || other == NONE) {
            return one == NONE ? other : one;
        }
        long sum = one + other;
        return sum < 0 ? Long.MAX_VALUE : sum;
    }

    private static @Nullable Long known(long count) {
        return count == NONE ? null : count;
    }
}
