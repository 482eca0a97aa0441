package dev.llmpropagation.internal.model;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gathers what a request asks for. */
final class RequestReader implements JsonHandler {

    private static final int MAX_STOP_SEQUENCES = 16;

    private @Nullable String model;
    private boolean stream;
    private @Nullable Double temperature;
    private @Nullable Double topP;
    private @Nullable Long topK;
    private @Nullable Long maxTokens;
    private boolean maxTokensDisagree;
    private @Nullable Double frequencyPenalty;
    private @Nullable Double presencePenalty;
    private @Nullable Long seed;
    private @Nullable Long choiceCount;
    private @Nullable List<String> stopSequences;
    private boolean stopSequencesUnknown;
    private @Nullable String outputType;
    private @Nullable String encodingFormat;
    private @Nullable Long dimensions;
    private @Nullable String reasoningLevel;
    private @Nullable String previousResponse;
    private @Nullable String serviceTier;
    private boolean compacted;

    @Override
    public void begin(Field field) {}

    @Override
    public void end(Field field) {}

    @Override
    public void value(Field field, JsonScalar value) {
        if (value.isNull()) {
            return;
        }
        switch (field) {
            case MODEL -> model = value.cutText();
            case STREAM -> stream = value.isTrue();
            case TEMPERATURE -> temperature = value.number();
            case TOP_P -> topP = value.number();
            case TOP_K -> topK = value.integer();
            case MAX_TOKENS -> {
                Long max = value.integer();
                maxTokensDisagree |= maxTokens != null && !maxTokens.equals(max);
                maxTokens = max;
            }
            case FREQUENCY_PENALTY -> frequencyPenalty = value.number();
            case PRESENCE_PENALTY -> presencePenalty = value.number();
            case SEED -> seed = value.integer();
            case CHOICE_COUNT -> choiceCount = value.integer();
            case STOP_SEQUENCE -> addStopSequence(value.text());
            case OUTPUT_TYPE -> outputType = outputType(value.text());
            case ENCODING_FORMAT -> encodingFormat = value.cutText();
            case DIMENSIONS -> dimensions = value.integer();
            case REASONING_LEVEL -> reasoningLevel = value.cutText();
            case PREVIOUS_RESPONSE -> previousResponse = value.cutText();
            case SERVICE_TIER -> serviceTier = value.cutText();
            case ITEM_TYPE -> compacted |= value.is("compaction");
            default -> {}
        }
    }

    RequestFacts result(ModelOperation call) {
        return new RequestFacts(
                model != null ? model : call.model(),
                stream || call.stream(),
                temperature,
                topP,
                topK,
                maxTokensDisagree ? null : maxTokens,
                frequencyPenalty,
                presencePenalty,
                seed,
                choiceCount,
                stopSequencesUnknown ? null : stopSequences,
                outputType,
                encodingFormat,
                dimensions,
                reasoningLevel,
                previousResponse,
                serviceTier,
                compacted);
    }

    private void addStopSequence(@Nullable String sequence) {
        if (stopSequences == null) {
            stopSequences = new ArrayList<>();
        }
        if (sequence == null || stopSequences.size() == MAX_STOP_SEQUENCES) {
            stopSequencesUnknown = true;
        } else {
            stopSequences.add(sequence);
        }
    }

    private static @Nullable String outputType(@Nullable String type) {
        if (type == null) {
            return null;
        }
        return switch (type) {
            case "json_object", "json_schema", "application/json" -> "json";
            case "text", "text/plain" -> "text";
            default -> null;
        };
    }
}
