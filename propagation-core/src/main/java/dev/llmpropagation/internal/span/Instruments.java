package dev.llmpropagation.internal.span;

import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import java.util.List;

/** Makes the instruments of metrics. */
public final class Instruments {

    private Instruments() {}

    public static LongCounter counter(Meter meter, String name, String unit, String description) {
        return meter.counterBuilder(name)
                .setUnit(unit)
                .setDescription(description)
                .build();
    }

    /** @param buckets their upper bounds, in this unit */
    public static DoubleHistogram histogram(
            Meter meter, String name, String unit, String description, List<? extends Number> buckets) {
        return meter.histogramBuilder(name)
                .setUnit(unit)
                .setDescription(description)
                .setExplicitBucketBoundariesAdvice(
                        buckets.stream().map(Number::doubleValue).toList())
                .build();
    }
}
