package dev.llmpropagation.spring;

import dev.llmpropagation.session.LlmSession;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.ObservationView;
import io.opentelemetry.context.Context;

/**
 * The session as part of the observation of a request. Reactor, executors and Spring hand observations from thread to
 * thread, and nothing else of the OpenTelemetry Context but the span. Thread-safe.
 */
final class ObservedSession implements CallerContext, SessionObservation {

    private final ObservationRegistry registry;

    ObservedSession(ObservationRegistry registry) {
        this.registry = registry;
    }

    @Override
    public void carry(LlmSession session) {
        Observation current = registry.getCurrentObservation();
        if (current != null && !current.isNoop()) {
            current.getContext().put(LlmSession.class, session);
        }
    }

    @Override
    public Context apply(Context current) {
        if (LlmSession.fromContext(current) != null) {
            return current;
        }
        ObservationView observation = registry.getCurrentObservation();
        while (observation != null) {
            Observation.ContextView view = observation.getContextView();
            LlmSession session = view.get(LlmSession.class);
            if (session != null) {
                return current.with(session);
            }
            observation = view.getParentObservation();
        }
        return current;
    }
}
