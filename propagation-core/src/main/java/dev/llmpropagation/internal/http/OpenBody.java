package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.span.Throwables;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import okhttp3.ResponseBody;
import okio.Source;

/** A body that is neither read to its end nor closed: it is lost when nobody refers to its source any more. */
final class OpenBody extends PhantomReference<Source> {

    private final AttemptSpan attempt;
    private final ResponseBody body;

    /** @param source what every reader of the body holds */
    OpenBody(Source source, AttemptSpan attempt, ResponseBody body, ReferenceQueue<Source> lost) {
        super(source, lost);
        this.attempt = attempt;
        this.body = body;
    }

    AttemptSpan attempt() {
        return attempt;
    }

    /** Ends its attempt and frees its connection. */
    void abandon() {
        try {
            attempt.abandoned();
        } finally {
            try {
                // Otherwise close() waits for the rest of the body, on the thread of another call.
                attempt.cancelCall();
            } finally {
                close();
            }
        }
    }

    private void close() {
        try {
            body.close();
        } catch (Throwable e) { // of a body of the program's, on the way of another call; OkHttp evicts the connection
            Throwables.propagateIfFatal(e);
        }
    }
}
