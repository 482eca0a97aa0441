package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Convention;
import dev.llmpropagation.internal.span.FewValues;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.context.Context;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The metrics of model calls, by one set of the GenAI convention's names. Thread-safe. */
abstract class ModelMetrics {

    /** Models that are asked for: a gateway has more of them than a service. */
    private static final int MAX_ASKED = 100;

    /**
     * Of responses, by all that is known of them: with two of tokens for each, it stays below the 2 000 series of an
     * SDK.
     */
    private static final int MAX_KINDS = 500;

    private final boolean withSession;
    private final AttributeKey<String> tokens;
    // Bounded, since a service can name another model in each response, and the caller of a gateway can ask for any.
    private final FewValues models = new FewValues();
    private final FewValues modelsAsked = new FewValues(MAX_ASKED);
    private final Map<Kind, CallLabels> kinds = new ConcurrentHashMap<>();

    /** @param tokens the label by which this set tells tokens apart */
    ModelMetrics(boolean withSession, Attribute tokens) {
        this.withSession = withSession;
        this.tokens = tokens.key();
    }

    /** @param tokenHistograms whether tokens of a single call are measured as well, where the set leaves that open */
    static ModelMetrics of(Convention convention, Meter meter, boolean withSession, boolean tokenHistograms) {
        return convention == Convention.EARLIER
                ? new EarlierModelMetrics(meter, withSession)
                : new LatestModelMetrics(meter, withSession, tokenHistograms);
    }

    final void record(
            Call call, Response response, @Nullable String errorType, @Nullable String session, Context context) {
        record(call, response, labels(call, response.model, errorType, session), context);
    }

    /** @param labels of the end of the call, with the type of its error if it failed */
    abstract void record(Call call, Response response, CallLabels labels, Context context);

    /**
     * A chunk of a stream after the first has come.
     *
     * @param labels of the call
     */
    void chunk(double secondsSinceLast, Attributes labels, Context context) {}

    final CallLabels labels(
            Call call, @Nullable String responseModel, @Nullable String errorType, @Nullable String session) {
        boolean few = call.model == null || modelsAsked.admits(call.model);
        CallLabels labels =
                labels(new Kind(few ? call : call.asking(FewValues.OTHER), few(call, responseModel), errorType));
        return withSession && session != null ? labels.with(Attribute.SESSION_ID.key(), session) : labels;
    }

    private CallLabels labels(Kind kind) {
        CallLabels known = kinds.get(kind);
        if (known != null) {
            return known;
        }
        if (kinds.size() < MAX_KINDS) {
            synchronized (kinds) { // otherwise each thread could add one more
                if (kinds.size() < MAX_KINDS || kinds.containsKey(kind)) {
                    return kinds.computeIfAbsent(kind, this::made);
                }
            }
        }
        return made(kind.other());
    }

    private CallLabels made(Kind kind) {
        Call call = kind.call;
        AttributesBuilder labels = Attributes.builder();
        put(labels, Attribute.OPERATION_NAME, call.operation);
        put(labels, Attribute.PROVIDER_NAME, call.provider);
        put(labels, Attribute.REQUEST_MODEL.key(), call.model);
        put(labels, Attribute.RESPONSE_MODEL.key(), kind.responseModel);
        put(labels, Attribute.SERVER_ADDRESS, call.serverAddress);
        put(labels, Attribute.SERVER_PORT.key(), call.serverPort);
        put(labels, Attribute.ERROR_TYPE, kind.errorType);
        return new CallLabels(labels.build(), tokens);
    }

    private @Nullable String few(Call call, @Nullable String responseModel) {
        return responseModel == null || responseModel.equals(call.model) ? responseModel : models.of(responseModel);
    }

    /** As spans show it. */
    private static void put(AttributesBuilder labels, Attribute label, @Nullable String value) {
        put(labels, label.<String>key(), value == null ? null : label.shown(value));
    }

    private static <T> void put(AttributesBuilder labels, AttributeKey<T> key, @Nullable T value) {
        if (value != null) {
            labels.put(key, value);
        }
    }

    /** What is known of a call when it starts. */
    record Call(
            @Nullable String operation,
            @Nullable String provider,
            @Nullable String model,
            @Nullable String serverAddress,
            @Nullable Long serverPort) {

        /** Whether a model is asked to make something. */
        boolean isInference() {
            return "chat".equals(operation)
                    || "generate_content".equals(operation)
                    || "text_completion".equals(operation);
        }

        boolean isEmbeddings() {
            return "embeddings".equals(operation);
        }

        private Call asking(String other) {
            return new Call(operation, provider, other, serverAddress, serverPort);
        }
    }

    /** What makes a series, but for the session. */
    private record Kind(
            Call call,
            @Nullable String responseModel,
            @Nullable String errorType) {

        Kind other() {
            return new Kind(
                    call, responseModel == null ? null : FewValues.OTHER, errorType == null ? null : FewValues.OTHER);
        }
    }

    /**
     * What is known of it when it ends.
     *
     * @param tokens by the attribute that counts them
     */
    record Response(
            double seconds,
            @Nullable String model,
            @Nullable Double timeToFirstChunk,
            Map<Attribute, Long> tokens) {}
}
