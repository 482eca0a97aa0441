package dev.llmpropagation.internal.http;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import okhttp3.Call;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one client that are inside our steps. The state of a call is found here by the call itself, since an
 * interceptor of the program's may go on with it on another thread. Thread-safe.
 */
final class RunningCalls {

    private final ConcurrentMap<Call, CallState> states = new ConcurrentHashMap<>();

    void add(CallState state) {
        states.put(state.call(), state);
    }

    /** Null if the call is over, or never came to the first step. */
    @Nullable
    CallState find(Call call) {
        return states.get(call);
    }

    /** Whether an OkHttp call of this logical one is inside our steps: another is made by an interceptor in them. */
    boolean isInside(LogicalCall logical) {
        return logical.isKnown() // else it is the first one
                && states.values().stream().anyMatch(state -> state.logical() == logical);
    }

    void remove(CallState state) {
        state.leave();
        states.remove(state.call(), state);
    }
}
