package dev.llmpropagation.testkit;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.context.propagation.TextMapSetter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An OpenTelemetry whose propagator throws, as one of the program's own may. */
record BrokenTelemetry(OpenTelemetry spans) implements OpenTelemetry {

    @Override
    public TracerProvider getTracerProvider() {
        return spans.getTracerProvider();
    }

    @Override
    public ContextPropagators getPropagators() {
        return ContextPropagators.create(new Thrower());
    }

    private static final class Thrower implements TextMapPropagator {
        @Override
        public List<String> fields() {
            return List.of("traceparent");
        }

        @Override
        public <C> void inject(Context context, @Nullable C carrier, TextMapSetter<C> setter) {
            throw new IllegalStateException("thrown by a propagator, as the test wants it");
        }

        @Override
        public <C> Context extract(Context context, @Nullable C carrier, TextMapGetter<C> getter) {
            return context;
        }
    }
}
