package dev.llmpropagation.internal.model;

/** What a place in a body says. */
enum Field {
    MODEL,
    SERVICE_TIER,

    STREAM,
    TEMPERATURE,
    TOP_P,
    TOP_K,
    MAX_TOKENS,
    FREQUENCY_PENALTY,
    PRESENCE_PENALTY,
    SEED,
    CHOICE_COUNT,
    STOP_SEQUENCE,
    OUTPUT_TYPE,
    ENCODING_FORMAT,
    DIMENSIONS,
    REASONING_LEVEL,
    PREVIOUS_RESPONSE,

    ID,
    SYSTEM_FINGERPRINT,
    CHOICES,
    CHOICE,
    CHOICE_INDEX,
    FINISH_REASON,
    STATUS,
    INCOMPLETE_REASON,
    USAGE,
    INPUT_TOKENS,
    /** One part of the input tokens, beside others. */
    INPUT_TOKENS_PART,
    OUTPUT_TOKENS,
    CACHE_READ_TOKENS,
    CACHE_WRITE_TOKENS,
    /** As {@link #CACHE_WRITE_TOKENS}, but zero where no cache was asked for: that says nothing. */
    CACHE_CREATION_TOKENS,
    /** Part of the output, unless the total says that they stand beside it. */
    REASONING_TOKENS,
    /** Of a report; never told. */
    TOTAL_TOKENS,
    /** Reasoning tokens that the output tokens do not include. */
    SEPARATE_REASONING_TOKENS,
    /** Why there is no answer at all, which then needs no reason for its end. */
    BLOCK_REASON,
    ERROR,
    /** Of one choice among others. */
    CHOICE_ERROR,
    /** Of an error, unless it is zero. */
    STATUS_CODE,
    ERROR_CODE,
    ERROR_TYPE,
    EVENT_TYPE,
    /** Of an error if the event is one, else anything. */
    EVENT_CODE,
    /** Text, a tool call or anything else that the model made. Only its presence counts; it is never read. */
    CONTENT
}
