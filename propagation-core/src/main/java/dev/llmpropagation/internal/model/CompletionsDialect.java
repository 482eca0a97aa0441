package dev.llmpropagation.internal.model;

import static dev.llmpropagation.internal.model.Field.AUDIO_INPUT_TOKENS;
import static dev.llmpropagation.internal.model.Field.AUDIO_OUTPUT_TOKENS;
import static dev.llmpropagation.internal.model.Field.CACHE_CREATION_TOKENS;
import static dev.llmpropagation.internal.model.Field.CACHE_READ_TOKENS;
import static dev.llmpropagation.internal.model.Field.CACHE_WRITE_TOKENS;
import static dev.llmpropagation.internal.model.Field.CHOICE_ERROR;
import static dev.llmpropagation.internal.model.Field.ERROR_CODE;
import static dev.llmpropagation.internal.model.Field.IMAGE_INPUT_TOKENS;
import static dev.llmpropagation.internal.model.Field.IMAGE_OUTPUT_TOKENS;
import static dev.llmpropagation.internal.model.Field.INPUT_TOKENS;
import static dev.llmpropagation.internal.model.Field.OUTPUT_TOKENS;
import static dev.llmpropagation.internal.model.Field.REASONING_TOKENS;
import static dev.llmpropagation.internal.model.Field.STATUS_CODE;
import static dev.llmpropagation.internal.model.Field.TEXT_INPUT_TOKENS;
import static dev.llmpropagation.internal.model.Field.TEXT_OUTPUT_TOKENS;
import static dev.llmpropagation.internal.model.Field.TOTAL_TOKENS;
import static dev.llmpropagation.internal.model.Field.USAGE;
import static java.util.Map.entry;

import java.util.Map;

/**
 * Where each service that speaks the completions API writes usage and errors, by its own reference of that API. All of
 * these places are read, whichever service it is: no two services use the same place with different meanings, and a
 * gateway passes on the places of the service that it asks.
 */
@SuppressWarnings("ImmutableEnumChecker") // the maps are immutable
enum CompletionsDialect {
    /** The API itself. Reasoning is part of the completion, cached tokens are part of the prompt. */
    OPENAI(
            Map.ofEntries(
                    entry("prompt_tokens", INPUT_TOKENS),
                    entry("prompt_tokens_details.cached_tokens", CACHE_READ_TOKENS),
                    entry("prompt_tokens_details.text_tokens", TEXT_INPUT_TOKENS),
                    entry("prompt_tokens_details.image_tokens", IMAGE_INPUT_TOKENS),
                    entry("prompt_tokens_details.audio_tokens", AUDIO_INPUT_TOKENS),
                    entry("completion_tokens", OUTPUT_TOKENS),
                    entry("completion_tokens_details.reasoning_tokens", REASONING_TOKENS),
                    entry("completion_tokens_details.text_tokens", TEXT_OUTPUT_TOKENS),
                    entry("completion_tokens_details.image_tokens", IMAGE_OUTPUT_TOKENS),
                    entry("completion_tokens_details.audio_tokens", AUDIO_OUTPUT_TOKENS),
                    entry("total_tokens", TOTAL_TOKENS)),
            Map.of()),
    /** Alibaba Cloud Model Studio, "Context cache": what an explicit cache was given, part of the prompt. */
    DASHSCOPE(Map.of("prompt_tokens_details.cache_creation_input_tokens", CACHE_CREATION_TOKENS), Map.of()),
    /** "Create chat completion": hits and misses are the prompt. */
    DEEPSEEK(Map.of("prompt_cache_hit_tokens", CACHE_READ_TOKENS), Map.of()),
    /** Kimi's reference of chat: in a stream, usage is in the last chunk of each choice. */
    MOONSHOT(Map.of("cached_tokens", CACHE_READ_TOKENS), Map.of("choices[].usage", USAGE)),
    /** UsageInfo of Mistral's reference; beside or instead of the details. */
    MISTRAL(Map.of("num_cached_tokens", CACHE_READ_TOKENS), Map.of()),
    /** Reference of usage accounting, and of errors: one choice fails while the status is 200. */
    OPENROUTER(
            Map.of("prompt_tokens_details.cache_write_tokens", CACHE_WRITE_TOKENS),
            Map.of("choices[].error", CHOICE_ERROR, "choices[].error.code", ERROR_CODE)),
    /** "Text chat": errors in an object of their own, with status 200; zero in each response that is none. */
    MINIMAX(Map.of(), Map.of("base_resp.status_code", STATUS_CODE)),
    /** Its own SDK's chunk: usage of a stream, and why the service ended it early. */
    GROQ(Map.of(), Map.of("x_groq.usage", USAGE, "x_groq.error", CHOICE_ERROR)),
    /** Perplexity's reference, and some gateways. */
    PERPLEXITY(Map.of("reasoning_tokens", REASONING_TOKENS), Map.of());

    // xAI has no place of its own: its reasoning is not part of the completion, which the total tells, see TokenCounts.

    private final Map<String, Field> usage;
    private final Map<String, Field> response;

    /**
     * @param usage paths in a report of usage, wherever that is
     * @param response paths in the response
     */
    CompletionsDialect(Map<String, Field> usage, Map<String, Field> response) {
        this.usage = usage;
        this.response = response;
    }

    /** Adds what all of them write. Returns the same shape. */
    static JsonPaths addAll(JsonPaths shape) {
        for (CompletionsDialect dialect : values()) {
            dialect.response.forEach(shape::with);
        }
        for (String report : new String[] {"usage", "choices[].usage", "x_groq.usage"}) {
            for (CompletionsDialect dialect : values()) {
                dialect.usage.forEach((path, field) -> shape.with(report + '.' + path, field));
            }
        }
        return shape;
    }
}
