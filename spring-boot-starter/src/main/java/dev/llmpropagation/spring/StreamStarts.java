package dev.llmpropagation.spring;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.model.observation.ModelObservationContext;

/**
 * The observation of a model call that starts while a thread subscribes to a stream of Spring AI's. The Gemini model makes
 * its request in that moment, before it makes the observation CURRENT. Thread-safe.
 */
final class StreamStarts implements ObservationHandler<ModelObservationContext<?, ?>> {

    private static final ThreadLocal<@Nullable Start> CURRENT = new ThreadLocal<>();

    private static final class Start {
        private Observation.@Nullable ContextView observation;
    }

    /** What this runs is the start of one stream. */
    void during(Runnable subscription) {
        Start outer = CURRENT.get();
        CURRENT.set(new Start());
        try {
            subscription.run();
        } finally {
            if (outer == null) {
                CURRENT.remove();
            } else {
                CURRENT.set(outer);
            }
        }
    }

    /** The observation whose request this thread is about to make, once; null if it is none of these. */
    Observation.@Nullable ContextView take() {
        Start start = CURRENT.get();
        if (start == null) {
            return null;
        }
        Observation.ContextView taken = start.observation;
        start.observation = null;
        return taken;
    }

    @Override
    public void onStart(ModelObservationContext<?, ?> context) {
        Start start = CURRENT.get();
        if (start != null) {
            start.observation = context;
        }
    }

    @Override
    public boolean supportsContext(Observation.Context context) {
        return context instanceof ModelObservationContext;
    }
}
