package dev.llmpropagation.doctor.trace;

import java.util.Map;

/**
 * One series of a metric as it was last exported. Immutable.
 *
 * @param service as the resource names it, or empty
 * @param value of a counter or gauge; of a histogram, how many values it has
 * @param sum of the values of a histogram; of others, the value
 * @param histogram whether it is one
 */
public record MetricPoint(
        String name,
        String unit,
        String service,
        Map<String, Object> attributes,
        double value,
        double sum,
        boolean histogram) {}
