package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.span.CurrentContext;
import io.opentelemetry.context.Context;
import okhttp3.Call;
import okhttp3.EventListener;

/** Adds a {@link CallEventListener} to each call, beside the listener of the program. */
final class CallEventListenerFactory implements EventListener.Factory {

    private final EventListener.Factory program;
    private final StartedCalls started;
    private final CurrentContext current;
    private final boolean measured;
    private final boolean phases;

    /**
     * @param measured whether spans or metrics are made of the calls, not headers alone
     * @param phases whether spans show the phases of the connection
     */
    CallEventListenerFactory(
            EventListener.Factory program,
            StartedCalls started,
            CurrentContext current,
            boolean measured,
            boolean phases) {
        this.program = program;
        this.current = current;
        this.started = started;
        this.measured = measured;
        this.phases = phases;
    }

    EventListener.Factory program() {
        return program;
    }

    @Override
    public EventListener create(Call call) {
        EventListener listener = program.create(call);
        Context context = LogicalCall.caller(current);
        if (!measured && context == Context.root()) {
            return listener; // there is nothing to remember
        }
        ConnectionPhaseListener observed = measured && phases ? new ConnectionPhaseListener() : null;
        CallEventListener capture = new CallEventListener(call, context, started, observed);
        EventListener ours = observed == null ? capture : EventListenerPair.of(capture, observed);
        return listener == EventListener.NONE ? ours : EventListenerPair.of(ours, listener);
    }
}
