package dev.llmpropagation.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.session.LlmSession;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.opentelemetry.context.Context;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The session goes wherever the observation of its request goes. */
class ObservedSessionTest {

    private final ObservationRegistry registry = ObservationRegistry.create();
    private final ObservedSession sessions = new ObservedSession(registry);

    @BeforeEach
    void observe() {
        registry.observationConfig().observationHandler(context -> true); // without a handler nothing is observed
    }

    @Test
    void session_isFoundOnAnotherThread_inAnObservationInside() throws Exception {
        Observation request = Observation.start("request", registry);
        request.scoped(() -> sessions.carry(LlmSession.of("s-1")));
        Observation inside = Observation.createNotStarted("inside", registry)
                .parentObservation(request)
                .start();
        String found = CompletableFuture.supplyAsync(() -> inside.scoped(() ->
                        LlmSession.fromContext(sessions.apply(Context.root())).id()))
                .get();
        assertThat(found).isEqualTo("s-1");
    }

    @Test
    void sessionOfTheContext_wins_andWithoutAnyThereIsNone() {
        Observation request = Observation.start("request", registry);
        request.scoped(() -> {
            assertThat(sessions.apply(Context.root())).isSameAs(Context.root());
            sessions.carry(LlmSession.of("s-1"));
            Context own = Context.root().with(LlmSession.of("s-2"));
            assertThat(sessions.apply(own)).isSameAs(own);
        });
        assertThat(sessions.apply(Context.root())).isSameAs(Context.root());
    }
}
