package dev.llmpropagation.internal.model;

import static dev.llmpropagation.internal.model.Field.AUDIO_INPUT_TOKENS;
import static dev.llmpropagation.internal.model.Field.AUDIO_OUTPUT_TOKENS;
import static dev.llmpropagation.internal.model.Field.BLOCK_REASON;
import static dev.llmpropagation.internal.model.Field.CACHE_READ_DETAIL;
import static dev.llmpropagation.internal.model.Field.CACHE_READ_TOKENS;
import static dev.llmpropagation.internal.model.Field.CACHE_WRITE_TOKENS;
import static dev.llmpropagation.internal.model.Field.CHOICE;
import static dev.llmpropagation.internal.model.Field.CHOICES;
import static dev.llmpropagation.internal.model.Field.CHOICE_COUNT;
import static dev.llmpropagation.internal.model.Field.CHOICE_INDEX;
import static dev.llmpropagation.internal.model.Field.CONTENT;
import static dev.llmpropagation.internal.model.Field.DIMENSIONS;
import static dev.llmpropagation.internal.model.Field.ENCODING_FORMAT;
import static dev.llmpropagation.internal.model.Field.ERROR;
import static dev.llmpropagation.internal.model.Field.ERROR_CODE;
import static dev.llmpropagation.internal.model.Field.ERROR_TYPE;
import static dev.llmpropagation.internal.model.Field.EVENT_CODE;
import static dev.llmpropagation.internal.model.Field.EVENT_TYPE;
import static dev.llmpropagation.internal.model.Field.FINISH_REASON;
import static dev.llmpropagation.internal.model.Field.FREQUENCY_PENALTY;
import static dev.llmpropagation.internal.model.Field.ID;
import static dev.llmpropagation.internal.model.Field.IMAGE_INPUT_TOKENS;
import static dev.llmpropagation.internal.model.Field.IMAGE_OUTPUT_TOKENS;
import static dev.llmpropagation.internal.model.Field.INCOMPLETE_REASON;
import static dev.llmpropagation.internal.model.Field.INPUT_DETAIL;
import static dev.llmpropagation.internal.model.Field.INPUT_TOKENS;
import static dev.llmpropagation.internal.model.Field.INPUT_TOKENS_PART;
import static dev.llmpropagation.internal.model.Field.ITEM_TYPE;
import static dev.llmpropagation.internal.model.Field.MAX_TOKENS;
import static dev.llmpropagation.internal.model.Field.MODALITY;
import static dev.llmpropagation.internal.model.Field.MODALITY_TOKENS;
import static dev.llmpropagation.internal.model.Field.MODEL;
import static dev.llmpropagation.internal.model.Field.OUTPUT_DETAIL;
import static dev.llmpropagation.internal.model.Field.OUTPUT_TOKENS;
import static dev.llmpropagation.internal.model.Field.OUTPUT_TYPE;
import static dev.llmpropagation.internal.model.Field.PRESENCE_PENALTY;
import static dev.llmpropagation.internal.model.Field.PREVIOUS_RESPONSE;
import static dev.llmpropagation.internal.model.Field.REASONING_LEVEL;
import static dev.llmpropagation.internal.model.Field.REASONING_TOKENS;
import static dev.llmpropagation.internal.model.Field.SEED;
import static dev.llmpropagation.internal.model.Field.SEPARATE_REASONING_TOKENS;
import static dev.llmpropagation.internal.model.Field.SERVICE_TIER;
import static dev.llmpropagation.internal.model.Field.STATUS;
import static dev.llmpropagation.internal.model.Field.STOP_SEQUENCE;
import static dev.llmpropagation.internal.model.Field.STREAM;
import static dev.llmpropagation.internal.model.Field.SYSTEM_FINGERPRINT;
import static dev.llmpropagation.internal.model.Field.TEMPERATURE;
import static dev.llmpropagation.internal.model.Field.TEXT_INPUT_TOKENS;
import static dev.llmpropagation.internal.model.Field.TEXT_OUTPUT_TOKENS;
import static dev.llmpropagation.internal.model.Field.TOP_K;
import static dev.llmpropagation.internal.model.Field.TOP_P;
import static dev.llmpropagation.internal.model.Field.TOTAL_TOKENS;
import static dev.llmpropagation.internal.model.Field.USAGE;

/** Where each of the known operations keeps what is of interest, in its request and in its response. */
@SuppressWarnings("ImmutableEnumChecker") // shapes are built here and then only read
public enum WireFormat {
    CHAT_COMPLETIONS(
            sampling(openAi(), "")
                    .with("max_tokens", MAX_TOKENS)
                    .with("max_completion_tokens", MAX_TOKENS)
                    .with("stop", STOP_SEQUENCE)
                    .with("stop[]", STOP_SEQUENCE)
                    .with("response_format.type", OUTPUT_TYPE)
                    .with("reasoning_effort", REASONING_LEVEL),
            completionsResponse()
                    .with("choices[].delta.content", CONTENT)
                    .with("choices[].delta.reasoning_content", CONTENT)
                    .with("choices[].delta.reasoning", CONTENT)
                    .with("choices[].delta.refusal", CONTENT)
                    .with("choices[].delta.tool_calls", CONTENT)
                    .with("choices[].delta.function_call", CONTENT)
                    .with("choices[].delta.audio", CONTENT)),

    COMPLETIONS(
            sampling(openAi(), "")
                    .with("max_tokens", MAX_TOKENS)
                    .with("stop", STOP_SEQUENCE)
                    .with("stop[]", STOP_SEQUENCE),
            completionsResponse().with("choices[].text", CONTENT)),

    RESPONSES(
            openAi().with("temperature", TEMPERATURE)
                    .with("top_p", TOP_P)
                    .with("max_output_tokens", MAX_TOKENS)
                    .with("text.format.type", OUTPUT_TYPE)
                    .with("reasoning.effort", REASONING_LEVEL)
                    .with("previous_response_id", PREVIOUS_RESPONSE)
                    .with("input[].type", ITEM_TYPE),
            openAiResponse()
                    .with("status", STATUS)
                    .with("incomplete_details.reason", INCOMPLETE_REASON)
                    .with("usage.input_tokens", INPUT_TOKENS)
                    .with("usage.input_tokens_details.cached_tokens", CACHE_READ_TOKENS)
                    .with("usage.input_tokens_details.cache_write_tokens", CACHE_WRITE_TOKENS)
                    .with("usage.output_tokens", OUTPUT_TOKENS)
                    .with("usage.output_tokens_details.reasoning_tokens", REASONING_TOKENS)
                    .with("usage.total_tokens", TOTAL_TOKENS)
                    .with("usage.input_tokens_details.text_tokens", TEXT_INPUT_TOKENS)
                    .with("usage.input_tokens_details.image_tokens", IMAGE_INPUT_TOKENS)
                    .with("usage.input_tokens_details.audio_tokens", AUDIO_INPUT_TOKENS)
                    .with("usage.output_tokens_details.text_tokens", TEXT_OUTPUT_TOKENS)
                    .with("usage.output_tokens_details.image_tokens", IMAGE_OUTPUT_TOKENS)
                    .with("usage.output_tokens_details.audio_tokens", AUDIO_OUTPUT_TOKENS)
                    .alsoBelow("response")
                    // an event that is an error by itself
                    .with("type", EVENT_TYPE)
                    .with("code", EVENT_CODE)
                    .with("delta", CONTENT)
                    .with("partial_image_b64", CONTENT)),

    /** OpenAI's and Gemini's, which have a path in common. */
    DECISIONS(
            openAi(),
            openAiResponse()
                    .with("usage.input_tokens", INPUT_TOKENS)
                    .with("usage.input_tokens_details.cached_tokens", CACHE_READ_TOKENS)
                    .with("usage.output_tokens", OUTPUT_TOKENS)
                    .with("usage.output_tokens_details.reasoning_tokens", REASONING_TOKENS)
                    .with("usage.total_tokens", TOTAL_TOKENS)
                    .with("usage.total_input_tokens", INPUT_TOKENS)
                    .with("usage.total_cached_tokens", CACHE_READ_TOKENS)
                    .with("usage.total_output_tokens", OUTPUT_TOKENS)
                    .with("usage.total_thought_tokens", SEPARATE_REASONING_TOKENS)),

    EMBEDDINGS(
            openAi().with("encoding_format", ENCODING_FORMAT).with("dimensions", DIMENSIONS),
            openAiResponse().with("usage.prompt_tokens", INPUT_TOKENS)),

    GENERATE_CONTENT(
            sampling(new JsonPaths(), "generationConfig.")
                    .with("generationConfig.maxOutputTokens", MAX_TOKENS)
                    .with("generationConfig.stopSequences[]", STOP_SEQUENCE)
                    .with("generationConfig.responseMimeType", OUTPUT_TYPE)
                    .with("generationConfig.thinkingConfig.thinkingLevel", REASONING_LEVEL),
            geminiResponse()
                    .with("candidates", CHOICES)
                    .with("candidates[]", CHOICE)
                    .with("candidates[].index", CHOICE_INDEX)
                    .with("candidates[].finishReason", FINISH_REASON)
                    .with("candidates[].content.parts[].text", CONTENT)
                    .with("candidates[].content.parts[].functionCall", CONTENT)
                    .with("candidates[].content.parts[].inlineData", CONTENT)
                    .with("candidates[].content.parts[].executableCode", CONTENT)
                    .with("candidates[].content.parts[].codeExecutionResult", CONTENT)),

    EMBED_CONTENT(
            new JsonPaths()
                    .with("outputDimensionality", DIMENSIONS)
                    .with("embedContentConfig.outputDimensionality", DIMENSIONS)
                    .with("requests[].outputDimensionality", DIMENSIONS),
            geminiResponse()),

    /** How Vertex AI serves its older embedding models. */
    PREDICT(
            new JsonPaths().with("parameters.outputDimensionality", DIMENSIONS),
            geminiResponse().with("predictions[].embeddings.statistics.token_count", INPUT_TOKENS_PART)),

    INTERACTIONS(
            sampling(openAi(), "generation_config.")
                    .with("generation_config.max_output_tokens", MAX_TOKENS)
                    .with("generation_config.stop_sequences[]", STOP_SEQUENCE)
                    .with("generation_config.thinking_level", REASONING_LEVEL)
                    .with("response_mime_type", OUTPUT_TYPE)
                    .with("previous_interaction_id", PREVIOUS_RESPONSE),
            interactionsResponse()
                    .with("status", STATUS)
                    .with("usage.total_input_tokens", INPUT_TOKENS)
                    .with("usage.total_tool_use_tokens", INPUT_TOKENS_PART)
                    .with("usage.total_cached_tokens", CACHE_READ_TOKENS)
                    .with("usage.total_output_tokens", OUTPUT_TOKENS)
                    .with("usage.total_thought_tokens", SEPARATE_REASONING_TOKENS)
                    .with("errors[].code", ERROR_CODE)
                    .alsoBelow("interaction")
                    .with("delta", CONTENT));

    private final JsonPaths request;
    private final JsonPaths response;

    WireFormat(JsonPaths request, JsonPaths response) {
        this.request = request;
        this.response = response;
    }

    JsonPaths request() {
        return request;
    }

    /**
     * Whether the SDK ends a stream by an exception at an event that has a member {@code error}, null included. The
     * events of other formats hold whole responses, with a place for an error that is mostly empty.
     */
    boolean anyErrorEndsAStream() {
        return this == CHAT_COMPLETIONS || this == COMPLETIONS || this == GENERATE_CONTENT;
    }

    JsonPaths response() {
        return response;
    }

    private static JsonPaths openAi() {
        return new JsonPaths().with("model", MODEL).with("stream", STREAM).with("service_tier", SERVICE_TIER);
    }

    private static JsonPaths openAiResponse() {
        return errors(new JsonPaths()
                .with("id", ID)
                .with("model", MODEL)
                .with("service_tier", SERVICE_TIER)
                .with("usage", USAGE));
    }

    private static JsonPaths completionsResponse() {
        return CompletionsDialect.addAll(openAiResponse()
                .with("system_fingerprint", SYSTEM_FINGERPRINT)
                .with("choices", CHOICES)
                .with("choices[]", CHOICE)
                .with("choices[].index", CHOICE_INDEX)
                .with("choices[].finish_reason", FINISH_REASON));
    }

    private static JsonPaths interactionsResponse() {
        JsonPaths response = openAiResponse();
        details(response, "usage.input_tokens_by_modality[]", "tokens", INPUT_DETAIL);
        details(response, "usage.tool_use_tokens_by_modality[]", "tokens", INPUT_DETAIL);
        details(response, "usage.output_tokens_by_modality[]", "tokens", OUTPUT_DETAIL);
        return details(response, "usage.cached_tokens_by_modality[]", "tokens", CACHE_READ_DETAIL);
    }

    private static JsonPaths details(JsonPaths response, String at, String count, Field field) {
        return response.with(at, field).with(at + ".modality", MODALITY).with(at + '.' + count, MODALITY_TOKENS);
    }

    private static JsonPaths geminiResponse() {
        JsonPaths response = new JsonPaths();
        details(response, "usageMetadata.promptTokensDetails[]", "tokenCount", INPUT_DETAIL);
        details(response, "usageMetadata.toolUsePromptTokensDetails[]", "tokenCount", INPUT_DETAIL);
        details(response, "usageMetadata.candidatesTokensDetails[]", "tokenCount", OUTPUT_DETAIL);
        details(response, "usageMetadata.cacheTokensDetails[]", "tokenCount", CACHE_READ_DETAIL);
        return errors(response.with("responseId", ID)
                .with("modelVersion", MODEL)
                .with("usageMetadata", USAGE)
                .with("usageMetadata.promptTokenCount", INPUT_TOKENS)
                .with("usageMetadata.toolUsePromptTokenCount", INPUT_TOKENS_PART)
                .with("usageMetadata.cachedContentTokenCount", CACHE_READ_TOKENS)
                .with("usageMetadata.candidatesTokenCount", OUTPUT_TOKENS)
                .with("usageMetadata.thoughtsTokenCount", SEPARATE_REASONING_TOKENS)
                .with("promptFeedback.blockReason", BLOCK_REASON));
    }

    private static JsonPaths errors(JsonPaths response) {
        return response.with("error", ERROR)
                .with("error.code", ERROR_CODE)
                .with("error.status", ERROR_TYPE)
                .with("error.type", ERROR_TYPE);
    }

    /** In both spellings: each service has one, and uses the other for nothing else. */
    private static JsonPaths sampling(JsonPaths request, String at) {
        return request.with(at + "temperature", TEMPERATURE)
                .with(at + "top_p", TOP_P)
                .with(at + "topP", TOP_P)
                .with(at + "top_k", TOP_K)
                .with(at + "topK", TOP_K)
                .with(at + "frequency_penalty", FREQUENCY_PENALTY)
                .with(at + "frequencyPenalty", FREQUENCY_PENALTY)
                .with(at + "presence_penalty", PRESENCE_PENALTY)
                .with(at + "presencePenalty", PRESENCE_PENALTY)
                .with(at + "seed", SEED)
                .with(at + "n", CHOICE_COUNT)
                .with(at + "candidateCount", CHOICE_COUNT);
    }
}
