package dev.llmpropagation.spring;

import dev.llmpropagation.agent.ToldModelCall;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.tracing.handler.TracingObservationHandler.TracingContext;
import io.micrometer.tracing.otel.bridge.OtelSpan;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.model.observation.ModelObservationContext;

/**
 * Says that Spring AI's span tells of a model call, as the observation knows from its start. On the span itself nothing
 * does before its end, when Micrometer writes the attributes. Thread-safe.
 */
final class ObservedModelCall implements CallerContext {

    private final ObservationRegistry registry;
    private final StreamStarts starts;

    ObservedModelCall(ObservationRegistry registry, StreamStarts starts) {
        this.registry = registry;
        this.starts = starts;
    }

    @Override
    public Context apply(Context current) {
        Observation.ContextView started = starts.take();
        Span ofStart = started == null ? null : spanOf(started);
        if (ofStart != null) {
            return current.with(ofStart).with(ToldModelCall.by(ofStart));
        }
        Observation observation = registry.getCurrentObservation();
        if (observation == null || !(observation.getContextView() instanceof ModelObservationContext<?, ?> call)) {
            return current;
        }
        Span span = spanOf(call);
        return span == null ? current : current.with(ToldModelCall.by(span));
    }

    /** Null of a bridge to another kind of tracing, whose spans tell OpenTelemetry nothing. */
    private static @Nullable Span spanOf(Observation.ContextView observation) {
        TracingContext tracing = observation.get(TracingContext.class);
        return tracing != null && tracing.getSpan() instanceof OtelSpan span ? OtelSpan.toOtel(span) : null;
    }
}
