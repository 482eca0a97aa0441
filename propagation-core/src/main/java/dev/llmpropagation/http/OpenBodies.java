package dev.llmpropagation.http;

import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import okhttp3.ResponseBody;
import okio.Source;

/**
 * Bodies that are neither read to their end nor closed. One that nobody refers to any more is closed, which frees its
 * connection, and its attempt ends as abandoned: when a later call comes by, or {@link #sweep()} is called. Thread-safe,
 * without a thread of its own.
 */
public final class OpenBodies {

    private final Set<Handle> open = ConcurrentHashMap.newKeySet();
    private final ReferenceQueue<Source> unreachable = new ReferenceQueue<>();

    /** @param source what every reader of the body holds */
    Handle track(Source source, Attempt attempt, ResponseBody body) {
        Handle handle = new Handle(source, attempt, body);
        open.add(handle);
        return handle;
    }

    /** Ends and closes what nobody can read any more. */
    public void sweep() {
        for (Reference<?> reference; (reference = unreachable.poll()) != null; ) {
            Handle handle = (Handle) reference;
            if (open.remove(handle)) {
                handle.attempt.abandoned();
                handle.closeBody();
            }
        }
    }

    /** Number of bodies being followed. */
    public int size() {
        return open.size();
    }

    final class Handle extends PhantomReference<Source> {
        private final Attempt attempt;
        private final ResponseBody body;

        private Handle(Source source, Attempt attempt, ResponseBody body) {
            super(source, unreachable);
            this.attempt = attempt;
            this.body = body;
        }

        void done() {
            open.remove(this);
            clear();
        }

        private void closeBody() {
            try {
                body.close();
            } catch (RuntimeException e) {
                // an abandoned connection that cannot even be closed is OkHttp's to evict
            }
        }
    }
}
