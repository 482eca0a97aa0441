package dev.llmpropagation.http;

import java.util.concurrent.ConcurrentMap;
import okhttp3.Call;
import okhttp3.EventListener;

/** Adds a {@link CallCapture} to each call, beside the listener of the program. */
final class CapturingListenerFactory implements EventListener.Factory {

    private final EventListener.Factory program;
    private final ConcurrentMap<Call, CallCapture> started;

    CapturingListenerFactory(EventListener.Factory program, ConcurrentMap<Call, CallCapture> started) {
        this.program = program;
        this.started = started;
    }

    EventListener.Factory program() {
        return program;
    }

    @Override
    public EventListener create(Call call) {
        CallCapture capture = new CallCapture(started);
        EventListener listener = program.create(call);
        return listener == EventListener.NONE ? capture : ListenerPair.of(capture, listener);
    }
}
