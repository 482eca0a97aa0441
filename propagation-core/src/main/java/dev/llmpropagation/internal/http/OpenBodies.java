package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.span.Throwables;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayList;
import java.util.List;
import okhttp3.ResponseBody;
import okio.Source;
import org.jspecify.annotations.Nullable;

/**
 * Bodies that are neither read to their end nor closed. One that nobody refers to any more is closed, which frees its
 * connection, and its attempt ends as abandoned: when a later call comes by, or {@link #sweep()} is called. Thread-safe,
 * without a thread of its own.
 */
final class OpenBodies {

    // Linked like those of java.lang.ref.Cleaner: the identity hash of a new object would cost more than all the rest.
    private final Object lock = new Object();
    private @Nullable Handle first;

    private final ReferenceQueue<Source> unreachable = new ReferenceQueue<>();

    /** @param source what every reader of the body holds */
    Handle track(Source source, AttemptSpan attempt, ResponseBody body) {
        Handle handle = new Handle(source, attempt, body);
        synchronized (lock) {
            handle.next = first;
            if (first != null) {
                first.previous = handle;
            }
            first = handle;
            handle.open = true;
        }
        return handle;
    }

    /** Ends and closes what nobody can read any more. */
    void sweep() {
        List<Handle> left = new ArrayList<>(0);
        for (Reference<?> reference; (reference = unreachable.poll()) != null; ) {
            Handle handle = (Handle) reference;
            if (remove(handle)) {
                left.add(handle);
            }
        }
        Throwables.forAll(left, Handle::abandon);
    }

    /** Takes it out. False if it was out already. */
    private boolean remove(Handle handle) {
        synchronized (lock) {
            if (!handle.open) {
                return false;
            }
            handle.open = false;
            if (handle.previous == null) {
                first = handle.next;
            } else {
                handle.previous.next = handle.next;
            }
            if (handle.next != null) {
                handle.next.previous = handle.previous;
            }
            // One that the collector has aged would keep all that came after it until a full collection.
            handle.previous = null;
            handle.next = null;
            return true;
        }
    }

    final class Handle extends PhantomReference<Source> {
        private final AttemptSpan attempt;
        private final ResponseBody body;

        private boolean open;
        private @Nullable Handle previous;
        private @Nullable Handle next;

        private Handle(Source source, AttemptSpan attempt, ResponseBody body) {
            super(source, unreachable);
            this.attempt = attempt;
            this.body = body;
        }

        void done() {
            remove(this);
        }

        private void abandon() {
            try {
                attempt.abandoned();
            } finally {
                try {
                    // Else closing waits for the rest of the body, on the thread of somebody else's call.
                    attempt.cancelCall();
                } finally {
                    closeBody();
                }
            }
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
