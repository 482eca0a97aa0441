package dev.llmpropagation.internal.http;

import okhttp3.Call;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one client that are inside our steps. The state of a call is found here by the call itself, since an
 * interceptor of the program's may go on with it on another thread. Thread-safe.
 */
final class RunningCalls {

    // Linked through the states themselves, the newest first: most are asked for right after they came, and a map would
    // cost the identity hash of each call.
    private final Object lock = new Object();
    private @Nullable CallState first;

    void add(CallState state) {
        synchronized (lock) {
            state.next = first;
            if (first != null) {
                first.previous = state;
            }
            first = state;
            state.registered = true;
        }
    }

    /** Null if the call is over, or never came to the first step. */
    @Nullable
    CallState find(Call call) {
        synchronized (lock) {
            for (CallState state = first; state != null; state = state.next) {
                if (state.call() == call) {
                    return state;
                }
            }
            return null;
        }
    }

    /** Whether an OkHttp call of this logical one is inside our steps: another is made by an interceptor in them. */
    boolean isInside(LogicalCall logical) {
        if (!logical.isKnown()) {
            return false; // most: the first one
        }
        synchronized (lock) {
            for (CallState state = first; state != null; state = state.next) {
                if (state.logical() == logical) {
                    return true;
                }
            }
            return false;
        }
    }

    void remove(CallState state) {
        state.leave();
        synchronized (lock) {
            if (!state.registered) {
                return;
            }
            state.registered = false;
            if (state.previous == null) {
                first = state.next;
            } else {
                state.previous.next = state.next;
            }
            if (state.next != null) {
                state.next.previous = state.previous;
            }
            // A body that is still read must not keep all that came before and after its call.
            state.previous = null;
            state.next = null;
        }
    }
}
