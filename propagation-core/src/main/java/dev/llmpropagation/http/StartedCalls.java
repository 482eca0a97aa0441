package dev.llmpropagation.http;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.Call;
import org.jspecify.annotations.Nullable;

/**
 * What the listener saw of the calls of one client that have started and not yet reached the first step. A call that is
 * never executed is not here, so it is held by nobody. Thread-safe.
 */
final class StartedCalls {

    private final ConcurrentMap<Call, CallCapture> calls = new ConcurrentHashMap<>();
    // Never less than the size of the map. A look into the map costs the identity hash of a new call.
    private final AtomicInteger size = new AtomicInteger();

    void put(Call call, CallCapture capture) {
        size.incrementAndGet();
        calls.put(call, capture);
    }

    /** Null if the call was taken before, or never put. */
    @Nullable
    CallCapture take(Call call) {
        if (size.get() == 0) {
            return null;
        }
        CallCapture capture = calls.remove(call);
        if (capture != null) {
            size.decrementAndGet();
        }
        return capture;
    }
}
