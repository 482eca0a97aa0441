package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.span.Throwables;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The attempts that have not ended. At the end of the program they are ended here, or receivers would hold parents that
 * were never exported. Thread-safe.
 */
final class OpenAttempts {

    // Linked through the attempts themselves: a set would cost an object for each.
    private final Object lock = new Object();
    private @Nullable AttemptSpan first;

    void add(AttemptSpan attempt) {
        synchronized (lock) {
            attempt.next = first;
            if (first != null) {
                first.previous = attempt;
            }
            first = attempt;
            attempt.registered = true;
        }
    }

    void remove(AttemptSpan attempt) {
        synchronized (lock) {
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
            // One that is still referred to must not keep all that came before and after it.
            attempt.previous = null;
            attempt.next = null;
        }
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
}
