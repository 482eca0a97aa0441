package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.FewValues;
import dev.llmpropagation.internal.span.Metric;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/** The metrics of model calls, by the GenAI convention. Thread-safe. */
final class ModelMetrics {

    /** Models that are asked for, as gateways have more than services. */
    private static final int MAX_ASKED = 100;

    /** Of answers, by all that is known of them: with two of tokens for each, it stays below the 2 000 series of an SDK. */
    private static final int MAX_KINDS = 500;

    private final boolean withSession;
    private final DoubleHistogram duration;
    private final DoubleHistogram timeToFirstChunk;
    private final DoubleHistogram tokens;
    // A service can name itself anew in each answer, and fail in a new way. A gateway asks for what its caller names.
    private final FewValues models = new FewValues();
    private final FewValues modelsAsked = new FewValues(MAX_ASKED);
    private final FewValues kinds = new FewValues(MAX_KINDS);

    ModelMetrics(Meter meter, boolean withSession) {
        this.withSession = withSession;
        this.duration = Metric.OPERATION_DURATION.histogram(meter);
        this.timeToFirstChunk = Metric.TIME_TO_FIRST_CHUNK.histogram(meter);
        this.tokens = Metric.TOKEN_USAGE.histogram(meter);
    }

    void record(Call call, Answer answer, @Nullable String errorType, @Nullable String session, Context context) {
        String asked = call.model == null || modelsAsked.admits(call.model) ? call.model : FewValues.OTHER;
        String answered = few(call, answer.model);
        String failure = errorType;
        if (!kinds.admits(call + " " + asked + ' ' + answered + ' ' + errorType)) {
            answered = answered == null ? null : FewValues.OTHER;
            failure = errorType == null ? null : FewValues.OTHER;
        }
        AttributesBuilder labels = Attributes.builder();
        put(labels, Attribute.OPERATION_NAME, call.operation);
        put(labels, Attribute.PROVIDER_NAME, call.provider);
        put(labels, Attribute.REQUEST_MODEL.key(), asked);
        put(labels, Attribute.RESPONSE_MODEL.key(), answered);
        put(labels, Attribute.SERVER_ADDRESS, call.serverAddress);
        put(labels, Attribute.SERVER_PORT.key(), call.serverPort);
        put(labels, Attribute.ERROR_TYPE, failure);
        put(labels, Attribute.SESSION_ID.key(), withSession ? session : null);
        Attributes plain = labels.build();
        duration.record(answer.seconds, plain, context);
        if (answer.timeToFirstChunk != null) {
            timeToFirstChunk.record(answer.timeToFirstChunk, plain, context);
        }
        record(answer.inputTokens, "input", plain, context);
        record(answer.outputTokens, "output", plain, context);
    }

    private void record(@Nullable Long count, String type, Attributes plain, Context context) {
        if (count != null) {
            tokens.record(
                    count,
                    plain.toBuilder().put(Attribute.TOKEN_TYPE.key(), type).build(),
                    context);
        }
    }

    private @Nullable String few(Call call, @Nullable String answered) {
        return answered == null || answered.equals(call.model) ? answered : models.of(answered);
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
            @Nullable Long serverPort) {}

    /** What is known of it when it ends. */
    record Answer(
            double seconds,
            @Nullable String model,
            @Nullable Double timeToFirstChunk,
            @Nullable Long inputTokens,
            @Nullable Long outputTokens) {}
}
