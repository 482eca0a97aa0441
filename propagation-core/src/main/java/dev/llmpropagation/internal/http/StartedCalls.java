package dev.llmpropagation.internal.http;

import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import okhttp3.Call;
import org.jspecify.annotations.Nullable;

/**
 * What the listener saw of the calls of one client that have started and not yet reached the first step. A call that is
 * never executed is not kept here. Of calls that start and never reach the first step, because a listener of the
 * program's throws, at most as many are kept as there are slots. Thread-safe.
 */
final class StartedCalls {

    // Few calls are on their way from start to first step at once, so most find a free slot. Those of a long queue go
    // to
    // the map, with a weak reference for each.
    private static final int SLOTS = 8;

    private final AtomicReferenceArray<@Nullable CallEventListener> slots = new AtomicReferenceArray<>(SLOTS);
    // A call holds its listener, which holds the capture: so an entry lasts as long as somebody can still run its call.
    private final Map<Call, WeakReference<CallEventListener>> queued = new WeakHashMap<>();
    private volatile boolean anyQueued; // true whenever the map holds something

    void put(Call call, CallEventListener capture) {
        int first = firstSlot();
        for (int i = 0; i < SLOTS; i++) {
            int slot = (first + i) % SLOTS;
            if (slots.get(slot) == null && slots.compareAndSet(slot, null, capture)) {
                return;
            }
        }
        synchronized (queued) {
            anyQueued = true;
            queued.put(call, new WeakReference<>(capture));
        }
    }

    /** Null if the call was taken before, or never put. */
    @Nullable
    CallEventListener take(Call call) {
        int first = firstSlot();
        for (int i = 0; i < SLOTS; i++) {
            int slot = (first + i) % SLOTS;
            CallEventListener capture = slots.get(slot);
            if (capture != null && capture.call() == call) {
                slots.lazySet(slot, null); // nobody else takes this call
                capture.taken();
                return capture;
            }
        }
        if (!anyQueued) {
            return null;
        }
        synchronized (queued) {
            WeakReference<CallEventListener> reference = queued.remove(call);
            anyQueued = !queued.isEmpty();
            CallEventListener capture = reference == null ? null : reference.get();
            if (capture != null) {
                capture.taken();
            }
            return capture;
        }
    }

    /** Where this thread looks first: a call that does not change threads is found at once. */
    @SuppressWarnings("deprecation") // threadId() comes with JDK 19
    private static int firstSlot() {
        return (int) (Thread.currentThread().getId() % SLOTS);
    }
}
