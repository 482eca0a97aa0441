package dev.llmpropagation.internal.model;

import io.opentelemetry.api.common.AttributeKey;
import java.util.List;

/** The GenAI convention's names for what is on the wire. It is still moving, so they stand here once. */
final class GenAiNames {

    static final AttributeKey<String> OUTPUT_TYPE = AttributeKey.stringKey("gen_ai.output.type");
    static final AttributeKey<Double> REQUEST_TEMPERATURE = AttributeKey.doubleKey("gen_ai.request.temperature");
    static final AttributeKey<Double> REQUEST_TOP_P = AttributeKey.doubleKey("gen_ai.request.top_p");
    static final AttributeKey<Long> REQUEST_TOP_K = AttributeKey.longKey("gen_ai.request.top_k");
    static final AttributeKey<Long> REQUEST_MAX_TOKENS = AttributeKey.longKey("gen_ai.request.max_tokens");
    static final AttributeKey<Double> REQUEST_FREQUENCY_PENALTY =
            AttributeKey.doubleKey("gen_ai.request.frequency_penalty");
    static final AttributeKey<Double> REQUEST_PRESENCE_PENALTY =
            AttributeKey.doubleKey("gen_ai.request.presence_penalty");
    static final AttributeKey<Long> REQUEST_SEED = AttributeKey.longKey("gen_ai.request.seed");
    static final AttributeKey<Long> REQUEST_CHOICE_COUNT = AttributeKey.longKey("gen_ai.request.choice.count");
    static final AttributeKey<List<String>> REQUEST_STOP_SEQUENCES =
            AttributeKey.stringArrayKey("gen_ai.request.stop_sequences");
    static final AttributeKey<List<String>> REQUEST_ENCODING_FORMATS =
            AttributeKey.stringArrayKey("gen_ai.request.encoding_formats");
    static final AttributeKey<Long> EMBEDDINGS_DIMENSION_COUNT =
            AttributeKey.longKey("gen_ai.embeddings.dimension.count");
    static final AttributeKey<String> REQUEST_REASONING_LEVEL =
            AttributeKey.stringKey("gen_ai.request.reasoning.level");
    static final AttributeKey<String> REQUEST_PREVIOUS_RESPONSE_ID =
            AttributeKey.stringKey("gen_ai.request.previous_response.id");

    static final AttributeKey<String> RESPONSE_ID = AttributeKey.stringKey("gen_ai.response.id");
    static final AttributeKey<String> RESPONSE_MODEL = AttributeKey.stringKey("gen_ai.response.model");
    static final AttributeKey<List<String>> RESPONSE_FINISH_REASONS =
            AttributeKey.stringArrayKey("gen_ai.response.finish_reasons");
    /** Seconds from the start of the call to the first piece of a stream in which the model said something. */
    static final AttributeKey<Double> RESPONSE_TIME_TO_FIRST_CHUNK =
            AttributeKey.doubleKey("gen_ai.response.time_to_first_chunk");

    static final AttributeKey<Long> USAGE_INPUT_TOKENS = AttributeKey.longKey("gen_ai.usage.input_tokens");
    static final AttributeKey<Long> USAGE_OUTPUT_TOKENS = AttributeKey.longKey("gen_ai.usage.output_tokens");
    static final AttributeKey<Long> USAGE_CACHE_READ_INPUT_TOKENS =
            AttributeKey.longKey("gen_ai.usage.cache_read.input_tokens");
    static final AttributeKey<Long> USAGE_CACHE_WRITE_INPUT_TOKENS =
            AttributeKey.longKey("gen_ai.usage.cache_write.input_tokens");
    static final AttributeKey<Long> USAGE_REASONING_OUTPUT_TOKENS =
            AttributeKey.longKey("gen_ai.usage.reasoning.output_tokens");

    static final AttributeKey<String> OPENAI_API_TYPE = AttributeKey.stringKey("openai.api.type");
    static final AttributeKey<String> OPENAI_REQUEST_SERVICE_TIER =
            AttributeKey.stringKey("openai.request.service_tier");
    static final AttributeKey<String> OPENAI_RESPONSE_SERVICE_TIER =
            AttributeKey.stringKey("openai.response.service_tier");
    static final AttributeKey<String> OPENAI_RESPONSE_SYSTEM_FINGERPRINT =
            AttributeKey.stringKey("openai.response.system_fingerprint");

    private GenAiNames() {}
}
