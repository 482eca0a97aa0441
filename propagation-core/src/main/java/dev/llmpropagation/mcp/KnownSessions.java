package dev.llmpropagation.mcp;

import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The connections of servers by the ids of their sessions, each for as long as the SDK keeps its session. It relies on
 * no notice of an end: the SDK gives none for some clients that have gone. Thread-safe.
 */
final class KnownSessions {

    private final Map<String, Known> known = new ConcurrentHashMap<>();
    private final ReferenceQueue<McpConnection> unreachable = new ReferenceQueue<>();

    void put(String id, McpConnection connection) {
        while (unreachable.poll() instanceof Known gone) {
            known.remove(gone.id, gone);
        }
        known.put(id, new Known(id, connection, unreachable));
    }

    @Nullable
    McpConnection get(String id) {
        Known found = known.get(id);
        return found == null ? null : found.get();
    }

    int size() {
        return known.size();
    }

    private static final class Known extends WeakReference<McpConnection> {
        private final String id;

        Known(String id, McpConnection connection, ReferenceQueue<McpConnection> queue) {
            super(connection, queue);
            this.id = id;
        }
    }
}
