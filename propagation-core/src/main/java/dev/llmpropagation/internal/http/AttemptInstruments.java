package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.span.Instrumentation;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.MeterProvider;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.semconv.SchemaUrls;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The instruments of the attempts, all under one scope.
 *
 * @param tracer null without an SDK: then nothing is measured and only headers are written
 * @param duration null without a metrics SDK
 */
record AttemptInstruments(
        @Nullable Tracer tracer,
        @Nullable DoubleHistogram duration,
        TextMapPropagator propagator,
        List<String> propagatedFields) {

    private static final String SCOPE = "dev.llmpropagation";
    private static final String SCHEMA_URL = SchemaUrls.V1_45_0;
    private static final List<Double> BUCKETS =
            List.of(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0);

    static AttemptInstruments of(OpenTelemetry openTelemetry, @Nullable TextMapPropagator propagator) {
        String version = Instrumentation.version();
        TextMapPropagator used =
                propagator != null ? propagator : openTelemetry.getPropagators().getTextMapPropagator();
        return new AttemptInstruments(
                openTelemetry.getTracerProvider() == TracerProvider.noop()
                        ? null
                        : openTelemetry
                                .tracerBuilder(SCOPE)
                                .setInstrumentationVersion(version)
                                .setSchemaUrl(SCHEMA_URL)
                                .build(),
                openTelemetry.getMeterProvider() == MeterProvider.noop()
                        ? null
                        : openTelemetry
                                .meterBuilder(SCOPE)
                                .setInstrumentationVersion(version)
                                .setSchemaUrl(SCHEMA_URL)
                                .build()
                                .histogramBuilder("http.client.request.duration")
                                .setUnit("s")
                                .setDescription("Duration of HTTP client requests.")
                                .setExplicitBucketBoundariesAdvice(BUCKETS)
                                .build(),
                used,
                List.copyOf(used.fields()));
    }

    /** Whether attempts make spans or metrics, not headers alone. */
    boolean isMeasuring() {
        return tracer != null || duration != null;
    }
}
