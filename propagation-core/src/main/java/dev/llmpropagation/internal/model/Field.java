package dev.llmpropagation.internal.model;

import dev.llmpropagation.internal.span.Attribute;
import org.jspecify.annotations.Nullable;

/** What a place in a body says. */
@SuppressWarnings("ImmutableEnumChecker") // of an enum
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
    /** Of an item that is asked. */
    ITEM_TYPE,

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
    TEXT_INPUT_TOKENS(Attribute.TEXT_INPUT_TOKENS),
    IMAGE_INPUT_TOKENS(Attribute.IMAGE_INPUT_TOKENS),
    AUDIO_INPUT_TOKENS(Attribute.AUDIO_INPUT_TOKENS),
    TEXT_OUTPUT_TOKENS(Attribute.TEXT_OUTPUT_TOKENS),
    IMAGE_OUTPUT_TOKENS(Attribute.IMAGE_OUTPUT_TOKENS),
    AUDIO_OUTPUT_TOKENS(Attribute.AUDIO_OUTPUT_TOKENS),
    /** A modality and its count, one of many. */
    INPUT_DETAIL,
    OUTPUT_DETAIL,
    CACHE_READ_DETAIL,
    MODALITY,
    MODALITY_TOKENS,
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
    /** Why the prompt was blocked: then there is no choice that needs a finish reason. */
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
    CONTENT;

    /** The attribute that a count of this place fills, if it is a count by itself. */
    final @Nullable Attribute attribute;

    Field() {
        this.attribute = null;
    }

    Field(Attribute attribute) {
        this.attribute = attribute;
    }
}
