package dev.llmpropagation.agent;

import dev.llmpropagation.span.FewValues;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.context.Context;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The metrics of model calls, by the GenAI convention. Thread-safe. */
final class ModelMetrics {

    private static final AttributeKey<String> TOKEN_TYPE = AttributeKey.stringKey("gen_ai.token.type");

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
    // The calls of a program are mostly alike, so the attributes of the last one mostly serve the next.
    private volatile @Nullable Series last;

    ModelMetrics(Meter meter, boolean withSession) {
        this.withSession = withSession;
        this.duration = Metric.OPERATION_DURATION.histogram(meter);
        this.timeToFirstChunk = Metric.TIME_TO_FIRST_CHUNK.histogram(meter);
        this.tokens = Metric.TOKEN_USAGE.histogram(meter);
    }

    void record(Call call, Answer answer, @Nullable String errorType, @Nullable String session, Context context) {
        String shown = withSession ? session : null;
        Series series = last;
        if (series == null || !series.is(call, answer.model, errorType, shown)) {
            series = series(call, answer.model, errorType, shown);
            last = series;
        }
        duration.record(answer.seconds, series.plain, context);
        if (answer.timeToFirstChunk != null) {
            timeToFirstChunk.record(answer.timeToFirstChunk, series.plain, context);
        }
        if (answer.inputTokens != null) {
            tokens.record(answer.inputTokens, series.input, context);
        }
        if (answer.outputTokens != null) {
            tokens.record(answer.outputTokens, series.output, context);
        }
    }

    private Series series(Call call, @Nullable String answered, @Nullable String errorType, @Nullable String session) {
        String few = answered == null || answered.equals(call.model) ? answered : models.of(answered);
        boolean known = call.model == null || modelsAsked.admits(call.model);
        Call shown = known ? call : call.ofModel(FewValues.OTHER);
        if (kinds.admits(shown + " " + few + ' ' + errorType)) {
            return Series.of(call, answered, errorType, session, shown, few, errorType);
        }
        return Series.of(
                call,
                answered,
                errorType,
                session,
                shown,
                few == null ? null : FewValues.OTHER,
                errorType == null ? null : FewValues.OTHER);
    }

    /** What is known of a call when it starts. */
    record Call(
            String operation,
            String provider,
            @Nullable String model,
            @Nullable String serverAddress,
            @Nullable Long serverPort) {

        Call ofModel(String name) {
            return new Call(operation, provider, name, serverAddress, serverPort);
        }
    }

    /** What is known of it when it ends. */
    record Answer(
            double seconds,
            @Nullable String model,
            @Nullable Double timeToFirstChunk,
            @Nullable Long inputTokens,
            @Nullable Long outputTokens) {}

    private record Series(
            Call call,
            @Nullable String responseModel,
            @Nullable String errorType,
            @Nullable String session,
            Attributes plain,
            Attributes input,
            Attributes output) {

        boolean is(
                Call other,
                @Nullable String otherResponseModel,
                @Nullable String otherErrorType,
                @Nullable String otherSession) {
            return call.equals(other)
                    && Objects.equals(responseModel, otherResponseModel)
                    && Objects.equals(errorType, otherErrorType)
                    && Objects.equals(session, otherSession);
        }

        /** The last three are what of the first ones is shown. */
        static Series of(
                Call call,
                @Nullable String responseModel,
                @Nullable String errorType,
                @Nullable String session,
                Call shown,
                @Nullable String shownModel,
                @Nullable String shownError) {
            AttributesBuilder builder = Attributes.builder();
            put(builder, Attribute.OPERATION_NAME.key(), shown.operation);
            put(builder, Attribute.PROVIDER_NAME.key(), shown.provider);
            put(builder, Attribute.REQUEST_MODEL.key(), shown.model);
            put(builder, Attribute.RESPONSE_MODEL.key(), shownModel);
            put(builder, Attribute.SERVER_ADDRESS.key(), shown.serverAddress);
            put(builder, Attribute.SERVER_PORT.key(), shown.serverPort);
            put(builder, Attribute.ERROR_TYPE.key(), shownError);
            put(builder, Attribute.SESSION_ID.key(), session);
            Attributes plain = builder.build();
            return new Series(
                    call,
                    responseModel,
                    errorType,
                    session,
                    plain,
                    plain.toBuilder().put(TOKEN_TYPE, "input").build(),
                    plain.toBuilder().put(TOKEN_TYPE, "output").build());
        }

        private static <T> void put(AttributesBuilder builder, AttributeKey<T> key, @Nullable T value) {
            if (value != null) {
                builder.put(key, value);
            }
        }
    }
}
