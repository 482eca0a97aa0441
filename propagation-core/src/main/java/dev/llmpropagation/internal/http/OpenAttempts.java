package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.span.Throwables;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayList;
import java.util.List;
import okhttp3.ResponseBody;
import okio.Source;
import org.jspecify.annotations.Nullable;

/**
 * The attempts that have not ended, or whose body is open. At the end of the program their spans are ended here:
 * otherwise they are never exported, and spans that name them as parent point to nothing. A body that nobody refers to
 * any more is closed, and its attempt ends as abandoned, when a later call starts or {@link #sweep()} is called.
 * Thread-safe, without a thread of its own.
 */
final class OpenAttempts {

    // Linked through the attempts themselves: a set would cost an object for each, as long as a stream is open.
    private final Object lock = new Object();
    private @Nullable AttemptSpan first;

    private final ReferenceQueue<Source> lost = new ReferenceQueue<>();

    void add(AttemptSpan attempt) {
        synchronized (lock) {
            link(attempt);
        }
    }

    /** @param source what every reader of the attempt's body holds */
    void follow(AttemptSpan attempt, Source source, ResponseBody body) {
        synchronized (lock) {
            attempt.openBody = new OpenBody(source, attempt, body, lost);
            if (!attempt.registered) { // the program has ended it meanwhile
                link(attempt);
            }
        }
    }

    /** Its span has ended. Its body can still be open. */
    void ended(AttemptSpan attempt) {
        synchronized (lock) {
            if (attempt.openBody == null) {
                unlink(attempt);
            }
        }
    }

    /** Its body is read to the end, closed or lost. False if it was so before. */
    boolean bodyEnded(AttemptSpan attempt) {
        synchronized (lock) {
            boolean open = attempt.openBody != null;
            attempt.openBody = null;
            if (attempt.hasEnded()) {
                unlink(attempt);
            }
            return open;
        }
    }

    /** Ends and closes what nobody can read any more. */
    void sweep() {
        List<OpenBody> left = new ArrayList<>(0);
        for (Reference<?> reference; (reference = lost.poll()) != null; ) {
            OpenBody body = (OpenBody) reference;
            if (bodyEnded(body.attempt())) {
                left.add(body);
            }
        }
        Throwables.forAll(left, OpenBody::abandon);
    }

    /** Ends them as cancelled. Their calls go on. */
    void cancelAll() {
        List<AttemptSpan> open = new ArrayList<>();
        synchronized (lock) {
            for (AttemptSpan attempt = first; attempt != null; attempt = attempt.next) {
                open.add(attempt);
            }
        }
        Throwables.forAll(open, AttemptSpan::programEnds);
    }

    private void link(AttemptSpan attempt) {
        attempt.next = first;
        if (first != null) {
            first.previous = attempt;
        }
        first = attempt;
        attempt.registered = true;
    }

    private void unlink(AttemptSpan attempt) {
        if (!attempt.registered) {
            return;
        }
        attempt.registered = false;
        if (attempt.previous == null) {
            first = attempt.next;
        } else {
            attempt.previous.next = attempt.next;
        }
        if (attempt.next != null) {
            attempt.next.previous = attempt.previous;
        }
        // Who still holds this attempt must not hold its neighbours with it.
        attempt.previous = null;
        attempt.next = null;
    }
}
