package dev.llmpropagation.http;

import io.opentelemetry.context.Context;
import okhttp3.Call;
import okhttp3.EventListener;

/** Adds a {@link CallCapture} to each call, beside the listener of the program. */
final class CapturingListenerFactory implements EventListener.Factory {

    private final EventListener.Factory program;
    private final StartedCalls started;

    private final boolean measured;

    /** @param measured whether spans or metrics are made of the calls, not headers alone */
    CapturingListenerFactory(EventListener.Factory program, StartedCalls started, boolean measured) {
        this.program = program;
        this.started = started;
        this.measured = measured;
    }

    EventListener.Factory program() {
        return program;
    }

    @Override
    public EventListener create(Call call) {
        EventListener listener = program.create(call);
        Context context = Context.current();
        if (!measured && context == Context.root()) {
            return listener; // there is nothing to remember
        }
        CallCapture capture = new CallCapture(call, context, started);
        return listener == EventListener.NONE ? capture : ListenerPair.of(capture, listener);
    }
}
