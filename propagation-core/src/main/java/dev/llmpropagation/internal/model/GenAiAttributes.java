package dev.llmpropagation.internal.model;

import dev.llmpropagation.internal.span.AttributeSink;
import io.opentelemetry.api.common.AttributeKey;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What was read on the wire, as attributes of the GenAI convention. What is null is left out. Thread-safe. */
public final class GenAiAttributes {

    private GenAiAttributes() {}

    /** Those of the span's start, but for what every model call has: operation, provider, model, and if it streams. */
    public static void put(AttributeSink attributes, ModelOperation call, RequestFacts request) {
        put(attributes, GenAiNames.OPENAI_API_TYPE, call.openAiApiType());
        put(attributes, GenAiNames.REQUEST_TEMPERATURE, request.temperature());
        put(attributes, GenAiNames.REQUEST_TOP_P, request.topP());
        put(attributes, GenAiNames.REQUEST_TOP_K, request.topK());
        put(attributes, GenAiNames.REQUEST_MAX_TOKENS, request.maxTokens());
        put(attributes, GenAiNames.REQUEST_FREQUENCY_PENALTY, request.frequencyPenalty());
        put(attributes, GenAiNames.REQUEST_PRESENCE_PENALTY, request.presencePenalty());
        put(attributes, GenAiNames.REQUEST_SEED, request.seed());
        Long choices = request.choiceCount();
        put(attributes, GenAiNames.REQUEST_CHOICE_COUNT, choices == null || choices == 1 ? null : choices);
        put(attributes, GenAiNames.REQUEST_STOP_SEQUENCES, request.stopSequences());
        put(attributes, GenAiNames.OUTPUT_TYPE, request.outputType());
        String encoding = request.encodingFormat();
        put(attributes, GenAiNames.REQUEST_ENCODING_FORMATS, encoding == null ? null : List.of(encoding));
        put(attributes, GenAiNames.EMBEDDINGS_DIMENSION_COUNT, request.dimensions());
        put(attributes, GenAiNames.REQUEST_REASONING_LEVEL, request.reasoningLevel());
        put(attributes, GenAiNames.REQUEST_PREVIOUS_RESPONSE_ID, request.previousResponseId());
        String tier = request.serviceTier();
        if (isOpenAi(call) && !"auto".equals(tier)) {
            put(attributes, GenAiNames.OPENAI_REQUEST_SERVICE_TIER, tier);
        }
    }

    /**
     * Those of the span's end.
     *
     * @param startNanos when the call began, by the clock of {@link ResponseFacts#firstChunkNanos()}
     */
    public static void put(AttributeSink attributes, ModelOperation call, ResponseFacts response, long startNanos) {
        put(attributes, GenAiNames.RESPONSE_ID, response.id());
        put(attributes, GenAiNames.RESPONSE_MODEL, response.model());
        List<String> reasons = response.finishReasons();
        put(attributes, GenAiNames.RESPONSE_FINISH_REASONS, reasons.isEmpty() ? null : reasons);
        Long first = response.firstChunkNanos();
        put(
                attributes,
                GenAiNames.RESPONSE_TIME_TO_FIRST_CHUNK,
                first == null ? null : (double) (first - startNanos) / TimeUnit.SECONDS.toNanos(1));
        Usage usage = response.usage();
        if (usage != null) {
            put(attributes, GenAiNames.USAGE_INPUT_TOKENS, usage.inputTokens());
            put(attributes, GenAiNames.USAGE_OUTPUT_TOKENS, usage.outputTokens());
            put(attributes, GenAiNames.USAGE_CACHE_READ_INPUT_TOKENS, usage.cacheReadTokens());
            put(attributes, GenAiNames.USAGE_CACHE_WRITE_INPUT_TOKENS, usage.cacheWriteTokens());
            put(attributes, GenAiNames.USAGE_REASONING_OUTPUT_TOKENS, usage.reasoningTokens());
        }
        if (isOpenAi(call)) {
            put(attributes, GenAiNames.OPENAI_RESPONSE_SERVICE_TIER, response.serviceTier());
            put(attributes, GenAiNames.OPENAI_RESPONSE_SYSTEM_FINGERPRINT, response.systemFingerprint());
        }
    }

    private static boolean isOpenAi(ModelOperation call) {
        return call.openAiApiType() != null;
    }

    private static <T> void put(AttributeSink attributes, AttributeKey<T> key, @Nullable T value) {
        if (value != null) {
            attributes.put(key, value);
        }
    }
}
