package dev.llmpropagation;

import java.io.IOException;
import java.util.List;
import okhttp3.Call;
import okhttp3.EventListener;

/** Notes by which of its events a call ends. */
final class CallEnds extends EventListener {
    private final List<String> events;

    CallEnds(List<String> events) {
        this.events = events;
    }

    @Override
    public void canceled(Call call) {
        events.add("canceled");
    }

    @Override
    public void responseFailed(Call call, IOException e) {
        events.add("responseFailed");
    }

    @Override
    public void callFailed(Call call, IOException e) {
        events.add("callFailed");
    }

    @Override
    public void callEnd(Call call) {
        events.add("callEnd");
    }
}
