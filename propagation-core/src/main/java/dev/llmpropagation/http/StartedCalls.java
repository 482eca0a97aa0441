package dev.llmpropagation.http;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import okhttp3.Call;
import org.jspecify.annotations.Nullable;

/**
 * What the listener saw of the calls of one client that have started and not yet reached the first step. A call that is
 * never executed is not here, so it is held by nobody. Thread-safe.
 */
final class StartedCalls {

    // A map costs the identity hash of a new call, more than all that is done with it here. Few calls are on their way
    // from start to first step at once, so most find a free slot; those of a long queue go to the map.
    private static final int SLOTS = 8;

    private final AtomicReferenceArray<@Nullable CallCapture> slots = new AtomicReferenceArray<>(SLOTS);
    private final ConcurrentMap<Call, CallCapture> queued = new ConcurrentHashMap<>();
    private final AtomicInteger queuedSize = new AtomicInteger(); // never less than the size of the map

    void put(CallCapture capture) {
        int first = firstSlot();
        for (int i = 0; i < SLOTS; i++) {
            int slot = (first + i) % SLOTS;
            if (slots.get(slot) == null && slots.compareAndSet(slot, null, capture)) {
                return;
            }
        }
        queuedSize.incrementAndGet();
        queued.put(capture.call(), capture);
    }

    /** Null if the call was taken before, or never put. */
    @Nullable
    CallCapture take(Call call) {
        int first = firstSlot();
        for (int i = 0; i < SLOTS; i++) {
            int slot = (first + i) % SLOTS;
            CallCapture capture = slots.get(slot);
            if (capture != null && capture.call() == call) {
                slots.lazySet(slot, null); // nobody else takes this call
                return capture;
            }
        }
        if (queuedSize.get() == 0) {
            return null;
        }
        CallCapture capture = queued.remove(call);
        if (capture != null) {
            queuedSize.decrementAndGet();
        }
        return capture;
    }

    /** Where this thread looks first: a call that does not change threads is found at once. */
    @SuppressWarnings("deprecation") // threadId() comes with JDK 19
    private static int firstSlot() {
        return (int) (Thread.currentThread().getId() % SLOTS);
    }
}
