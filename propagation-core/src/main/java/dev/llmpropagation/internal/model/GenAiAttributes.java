package dev.llmpropagation.internal.model;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.AttributeSink;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What was read on the wire, as attributes of the GenAI convention. What is null is left out. Thread-safe. */
public final class GenAiAttributes {

    private GenAiAttributes() {}

    /** Those of the span's start, but for what every model call has: operation, provider, model, and if it streams. */
    public static void put(AttributeSink attributes, ModelOperation call, RequestFacts request) {
        put(attributes, Attribute.OPENAI_API_TYPE, call.openAiApiType());
        put(attributes, Attribute.REQUEST_TEMPERATURE, request.temperature());
        put(attributes, Attribute.REQUEST_TOP_P, request.topP());
        put(attributes, Attribute.REQUEST_TOP_K, request.topK());
        put(attributes, Attribute.REQUEST_MAX_TOKENS, request.maxTokens());
        put(attributes, Attribute.REQUEST_FREQUENCY_PENALTY, request.frequencyPenalty());
        put(attributes, Attribute.REQUEST_PRESENCE_PENALTY, request.presencePenalty());
        put(attributes, Attribute.REQUEST_SEED, request.seed());
        Long choices = request.choiceCount();
        put(attributes, Attribute.REQUEST_CHOICE_COUNT, choices == null || choices == 1 ? null : choices);
        put(attributes, Attribute.REQUEST_STOP_SEQUENCES, request.stopSequences());
        put(attributes, Attribute.OUTPUT_TYPE, request.outputType());
        String encoding = request.encodingFormat();
        put(attributes, Attribute.REQUEST_ENCODING_FORMATS, encoding == null ? null : List.of(encoding));
        put(attributes, Attribute.EMBEDDINGS_DIMENSION_COUNT, request.dimensions());
        put(attributes, Attribute.REQUEST_REASONING_LEVEL, request.reasoningLevel());
        put(attributes, Attribute.REQUEST_PREVIOUS_RESPONSE_ID, request.previousResponseId());
        put(attributes, Attribute.COMPACTED, request.compacted() ? true : null);
        String tier = request.serviceTier();
        if (isOpenAi(call) && !"auto".equals(tier)) {
            put(attributes, Attribute.OPENAI_REQUEST_SERVICE_TIER, tier);
        }
    }

    /**
     * Those of the span's end.
     *
     * @param startNanos when the call began, by the clock of {@link ResponseFacts#firstChunkNanos()}
     */
    public static void put(AttributeSink attributes, ModelOperation call, ResponseFacts response, long startNanos) {
        put(attributes, Attribute.RESPONSE_ID, response.id());
        put(attributes, Attribute.RESPONSE_MODEL, response.model());
        List<String> reasons = response.finishReasons();
        put(attributes, Attribute.FINISH_REASONS, reasons.isEmpty() ? null : reasons);
        Long first = response.firstChunkNanos();
        put(
                attributes,
                Attribute.TIME_TO_FIRST_CHUNK,
                first == null ? null : (double) (first - startNanos) / TimeUnit.SECONDS.toNanos(1));
        Usage usage = response.usage();
        if (usage != null) {
            put(attributes, Attribute.INPUT_TOKENS, usage.inputTokens());
            put(attributes, Attribute.OUTPUT_TOKENS, usage.outputTokens());
            put(attributes, Attribute.CACHE_READ_TOKENS, usage.cacheReadTokens());
            put(attributes, Attribute.CACHE_WRITE_TOKENS, usage.cacheWriteTokens());
            put(attributes, Attribute.REASONING_TOKENS, usage.reasoningTokens());
            usage.byModality().forEach((part, count) -> put(attributes, part, count));
        }
        if (isOpenAi(call)) {
            put(attributes, Attribute.OPENAI_RESPONSE_SERVICE_TIER, response.serviceTier());
            put(attributes, Attribute.OPENAI_RESPONSE_SYSTEM_FINGERPRINT, response.systemFingerprint());
        }
    }

    private static boolean isOpenAi(ModelOperation call) {
        return call.openAiApiType() != null;
    }

    private static <T> void put(AttributeSink attributes, Attribute attribute, @Nullable T value) {
        if (value != null) {
            attributes.put(attribute.<T>key(), value);
        }
    }
}
