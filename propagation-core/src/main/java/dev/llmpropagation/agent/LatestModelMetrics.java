package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Metric;
import dev.llmpropagation.internal.span.Modality;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.LongHistogram;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.context.Context;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The metrics of model calls by release 0.1 of the GenAI conventions. */
final class LatestModelMetrics extends ModelMetrics {

    private static final Modality[] MODALITIES = Modality.values();

    private final DoubleHistogram operation;
    private final DoubleHistogram inference;
    private final DoubleHistogram embeddings;
    private final DoubleHistogram timeToFirstChunk;
    private final DoubleHistogram timePerOutputChunk;
    private final LongCounter input;
    private final LongCounter output;
    private final LongCounter cacheRead;
    private final LongCounter cacheWrite;
    private final LongCounter reasoning;
    private final LongHistogram embeddingsInput;
    private final @Nullable LongHistogram inputOfACall;
    private final @Nullable LongHistogram outputOfACall;

    LatestModelMetrics(Meter meter, boolean withSession, boolean tokenHistograms) {
        super(withSession, Attribute.TOKEN_MODALITY);
        this.operation = Metric.OPERATION_DURATION.histogram(meter);
        this.inference = Metric.INFERENCE_DURATION.histogram(meter);
        this.embeddings = Metric.EMBEDDINGS_DURATION.histogram(meter);
        this.timeToFirstChunk = Metric.INFERENCE_TIME_TO_FIRST_CHUNK.histogram(meter);
        this.timePerOutputChunk = Metric.INFERENCE_TIME_PER_OUTPUT_CHUNK.histogram(meter);
        this.input = Metric.USED_INPUT_TOKENS.counter(meter);
        this.output = Metric.USED_OUTPUT_TOKENS.counter(meter);
        this.cacheRead = Metric.USED_CACHE_READ_TOKENS.counter(meter);
        this.cacheWrite = Metric.USED_CACHE_WRITE_TOKENS.counter(meter);
        this.reasoning = Metric.USED_REASONING_TOKENS.counter(meter);
        this.embeddingsInput = Metric.EMBEDDINGS_INPUT_TOKENS.longHistogram(meter);
        this.inputOfACall = tokenHistograms ? Metric.INFERENCE_INPUT_TOKENS.longHistogram(meter) : null;
        this.outputOfACall = tokenHistograms ? Metric.INFERENCE_OUTPUT_TOKENS.longHistogram(meter) : null;
    }

    @Override
    void record(Call call, Response response, CallLabels all, Context context) {
        boolean failed = all.has(Attribute.ERROR_TYPE.key());
        CallLabels plain = failed ? all.without(Attribute.ERROR_TYPE.key()) : all;
        Attributes labels = all.ofCall();
        Map<Attribute, Long> tokens = response.tokens();
        if (call.isEmbeddings()) {
            embeddings.record(response.seconds(), labels, context);
            record(embeddingsInput, failed ? null : tokens.get(Attribute.INPUT_TOKENS), plain.ofCall(), context);
            return;
        }
        if (!call.isInference()) {
            operation.record(response.seconds(), labels, context);
            return;
        }
        inference.record(response.seconds(), labels, context);
        if (response.timeToFirstChunk() != null) {
            timeToFirstChunk.record(response.timeToFirstChunk(), plain.ofCall(), context);
        }
        // Recorded for failed calls too, so that a rate of failures can be computed.
        count(input, tokens.getOrDefault(Attribute.INPUT_TOKENS, 0L), tokens, part -> part.input, plain, context);
        count(output, tokens.getOrDefault(Attribute.OUTPUT_TOKENS, 0L), tokens, part -> part.output, plain, context);
        count(cacheRead, tokens.get(Attribute.CACHE_READ_TOKENS), tokens, part -> part.cacheRead, plain, context);
        count(cacheWrite, tokens.get(Attribute.CACHE_WRITE_TOKENS), Map.of(), part -> part.input, plain, context);
        count(reasoning, tokens.get(Attribute.REASONING_TOKENS), Map.of(), part -> part.output, plain, context);
        record(inputOfACall, failed ? null : tokens.get(Attribute.INPUT_TOKENS), plain.ofCall(), context);
        record(outputOfACall, failed ? null : tokens.get(Attribute.OUTPUT_TOKENS), plain.ofCall(), context);
    }

    @Override
    void chunk(double secondsSinceLast, Attributes labels, Context context) {
        timePerOutputChunk.record(secondsSinceLast, labels, context);
    }

    /** By modality as far as the service says; the sum over all of them is always the total. */
    private static void count(
            LongCounter counter,
            @Nullable Long total,
            Map<Attribute, Long> tokens,
            Function<Modality, Attribute> part,
            CallLabels labels,
            Context context) {
        if (total == null) {
            return;
        }
        long known = 0;
        for (Modality modality : MODALITIES) {
            known += tokens.getOrDefault(part.apply(modality), 0L);
        }
        if (known > 0 && known <= total) {
            for (Modality modality : MODALITIES) {
                Long count = tokens.get(part.apply(modality));
                if (count != null) {
                    add(counter, count, modality.value, labels, context);
                }
            }
        } else {
            known = 0; // the parts are more than the total, so they are not parts of it
        }
        if (known < total || total == 0) {
            add(counter, total - known, Modality.UNKNOWN, labels, context);
        }
    }

    private static void add(LongCounter counter, long count, String modality, CallLabels labels, Context context) {
        counter.add(count, labels.ofTokens(modality), context);
    }

    private static void record(
            @Nullable LongHistogram histogram, @Nullable Long count, Attributes labels, Context context) {
        if (histogram != null && count != null) {
            histogram.record(count, labels, context);
        }
    }
}
