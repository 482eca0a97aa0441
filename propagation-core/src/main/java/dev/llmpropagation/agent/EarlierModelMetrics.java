package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Metric;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/** The metrics of model calls, as they were before the GenAI conventions had a release of their own. */
final class EarlierModelMetrics extends ModelMetrics {

    private final DoubleHistogram duration;
    private final DoubleHistogram timeToFirstChunk;
    private final DoubleHistogram tokens;

    EarlierModelMetrics(Meter meter, boolean withSession) {
        super(withSession, Attribute.TOKEN_TYPE);
        this.duration = Metric.OPERATION_DURATION.histogram(meter);
        this.timeToFirstChunk = Metric.TIME_TO_FIRST_CHUNK.histogram(meter);
        this.tokens = Metric.TOKEN_USAGE.histogram(meter);
    }

    @Override
    void record(Call call, Response response, CallLabels labels, Context context) {
        duration.record(response.seconds(), labels.ofCall(), context);
        if (response.timeToFirstChunk() != null) {
            timeToFirstChunk.record(response.timeToFirstChunk(), labels.ofCall(), context);
        }
        record(response.tokens().get(Attribute.INPUT_TOKENS), "input", labels, context);
        record(response.tokens().get(Attribute.OUTPUT_TOKENS), "output", labels, context);
    }

    private void record(@Nullable Long count, String type, CallLabels labels, Context context) {
        if (count != null) {
            tokens.record(count, labels.ofTokens(type), context);
        }
    }
}
