package dev.llmpropagation.internal.http;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * The open calls of one client, by the id that a {@link #headers() private header} carries. Ids are random, as a request
 * must not name a call of somebody else. Holds them weakly: a call lives as long as the future or stream that the program
 * got, so nothing gathers here. Thread-safe.
 */
public final class LogicalCalls {

    private final PrivateHeaders headers = new PrivateHeaders();
    private final ConcurrentMap<String, Entry> calls = new ConcurrentHashMap<>();
    private final ReferenceQueue<LogicalCall> unreachable = new ReferenceQueue<>();

    /** How requests of this client say what they belong to. */
    public PrivateHeaders headers() {
        return headers;
    }

    /** Registers the call and returns its id. Something that lives as long as the call must refer to it. */
    public String register(LogicalCall call) {
        expunge();
        String id = UUID.randomUUID().toString();
        calls.put(id, new Entry(id, call, unreachable));
        return id;
    }

    /** Forgets the call; unknown ids are ignored. */
    public void remove(String id) {
        calls.remove(id);
    }

    /** Number of calls held, for tests and diagnosis. */
    public int size() {
        expunge();
        return calls.size();
    }

    @Nullable
    LogicalCall find(String id) {
        Entry entry = calls.get(id);
        return entry == null ? null : entry.get();
    }

    private void expunge() {
        for (Reference<?> reference; (reference = unreachable.poll()) != null; ) {
            calls.remove(((Entry) reference).id);
        }
    }

    private static final class Entry extends WeakReference<LogicalCall> {
        final String id;

        Entry(String id, LogicalCall call, ReferenceQueue<LogicalCall> queue) {
            super(call, queue);
            this.id = id;
        }
    }
}
