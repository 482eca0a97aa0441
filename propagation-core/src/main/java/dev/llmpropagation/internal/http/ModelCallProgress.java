package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.content.OutputReader;
import dev.llmpropagation.internal.model.ResponseFacts;
import dev.llmpropagation.internal.model.ResponseScanner;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.FewValues;
import dev.llmpropagation.internal.span.Outcome;
import okio.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * How far a model call has come: which of its attempts brings the response, who says how reading that went, and so which
 * end is that of the call. A method that returns an {@link AttemptEnd} returns the end of the call, or null if the call
 * goes on. Thread-safe: its lock also guards the {@link AttemptResponse}s, since a sweep can end the span while a chunk
 * comes.
 */
final class ModelCallProgress {

    private final boolean sdkMayRetry;
    private int attempts;
    private int running; // an interceptor of the program's can have several at once
    private boolean hasResult;
    private boolean over;
    private boolean released;
    private Reader reader;
    private @Nullable Ending stopped;
    private @Nullable Throwable thrown;
    // Of the attempt that started or responded last, and once the call has its result, of the one that brought it.
    private @Nullable AttemptResponse response;
    private @Nullable AttemptEnd lastEnd;

    /** Who has to say how the reading of the response went. */
    private enum Reader {
        /** The facade, when the SDK returns to it: that all bytes were read does not say that the SDK could use them. */
        SDK,
        /** The program, which may ask the facade for more or stop reading. */
        PROGRAM,
        /** Nobody: the end of the body decides. */
        NOBODY
    }

    /** @param sdkMayRetry above HTTP, so that only a facade knows which attempt is the last */
    ModelCallProgress(boolean sdkMayRetry) {
        this.sdkMayRetry = sdkMayRetry;
        this.reader = sdkMayRetry ? Reader.SDK : Reader.NOBODY;
    }

    /** A further OkHttp call of the same logical one. What came of those before is over. */
    synchronized void callStarts() {
        if (isDecided()) {
            return;
        }
        lastEnd = null;
        response = null;
        hasResult = false;
    }

    /** The SDK has its response and makes no further call. A second attempt that the program made beside it is ignored. */
    private boolean isDecided() {
        return hasResult && !sdkMayRetry;
    }

    /** Whether the attempt repeats an earlier one. */
    synchronized boolean attemptStarts(AttemptResponse started) {
        boolean hop = lastEnd != null && lastEnd.isRedirect();
        boolean again = attempts++ > 0 && !hop;
        running++;
        if (!isDecided()) {
            callStarts();
            response = started;
        }
        return again;
    }

    /** As {@link AttemptResponse#starts}. Whether this may be the response. */
    synchronized boolean responseStarts(
            AttemptResponse attempt,
            @Nullable ResponseScanner scanner,
            @Nullable OutputReader said,
            RequestCredentials carried) {
        attempt.starts(scanner, said, carried);
        if (isDecided()) {
            return false;
        }
        response = attempt;
        return true;
    }

    /** As {@link AttemptResponse#accept}. Take the lock of this first, and keep it for what the scanner is asked. */
    @Nullable
    ResponseScanner accept(AttemptResponse attempt, Buffer buffer, long byteCount, long nanos) {
        return released ? null : attempt.accept(buffer, byteCount, nanos);
    }

    synchronized @Nullable AttemptEnd attemptEnded(AttemptResponse attempt, AttemptEnd end) {
        running--;
        attempt.end = end;
        if (hasResult && attempt != response) {
            attempt.release();
            return null; // another one was faster
        }
        lastEnd = end;
        if (!hasResult && (!over || running > 0)) {
            return null; // a hop, or an attempt that somebody may repeat
        }
        if (end.outcome() != Outcome.ABANDONED
                && (reader == Reader.SDK || (reader == Reader.PROGRAM && end.outcome() == Outcome.COMPLETED))) {
            return null;
        }
        return judged(hasResult ? end : AttemptEnd.ofStopped(end, stopped));
    }

    /** The body, which has ended, was closed. */
    synchronized @Nullable AttemptEnd bodyClosed(AttemptResponse attempt) {
        return reader == Reader.PROGRAM && attempt == response ? lastEnd : null;
    }

    /** The program has the response, and the SDK reads it only when the program asks for more. */
    synchronized @Nullable AttemptEnd handedOver() {
        // A response without a body has nothing that anybody would read, or close.
        boolean left = lastEnd != null && (!over || lastEnd.outcome() != Outcome.COMPLETED);
        over = true;
        reader = Reader.PROGRAM;
        return left ? lastEnd : null;
    }

    /** The program has asked for more. */
    synchronized void resumed() {
        reader = Reader.SDK;
    }

    /**
     * The SDK gets a response with this status.
     *
     * @param of the attempt that brought it; null for a response of somebody else's
     */
    synchronized @Nullable AttemptEnd responded(@Nullable AttemptResponse of, int status) {
        if (of != null) {
            response = of;
            lastEnd = of.end; // none while its body is read
        } else if (lastEnd == null ? response == null || !response.isFollowed() : lastEnd.status() != status) {
            // No attempt of ours brought this response, or its body is not followed.
            lastEnd = new AttemptEnd(Outcome.COMPLETED, null, status);
        }
        hasResult = !sdkMayRetry || status < 400;
        return hasResult && reader != Reader.SDK ? lastEnd : null;
    }

    /** The SDK gets this exception. */
    synchronized @Nullable AttemptEnd failed(Outcome outcome, Throwable failure) {
        boolean cut = outcome == Outcome.CANCELLED || outcome == Outcome.TIMED_OUT;
        if (lastEnd == null || lastEnd.failure() == null || cut) {
            lastEnd = new AttemptEnd(outcome, failure, 0);
        }
        hasResult = !sdkMayRetry;
        return hasResult ? lastEnd : null;
    }

    /** See {@link ModelCall#finished}. */
    synchronized @Nullable AttemptEnd finished(@Nullable Ending why, @Nullable Throwable failure) {
        over = true;
        reader = Reader.NOBODY;
        stopped = why;
        thrown = failure;
        // A program that got an exception reads no further, but may never close the body.
        boolean given = hasResult && failure != null && why == null;
        if (!given && (hasResult ? lastEnd == null : running > 0)) {
            return null;
        }
        AttemptEnd end = judged(hasResult && lastEnd != null ? lastEnd : AttemptEnd.ofStopped(lastEnd, stopped));
        hasResult = true;
        return end;
    }

    /** If the program stopped the call, that counts, and not the exception that it gets. */
    private AttemptEnd judged(AttemptEnd end) {
        return thrown == null || stopped != null ? end : end.judgedBy(thrown);
    }

    synchronized int attempts() {
        return attempts;
    }

    /** What was read up to now; null if nothing was. */
    synchronized @Nullable ResponseFacts facts() {
        // A choice without a reason is an error of the service's, unless the program did not read on.
        return response == null ? null : response.facts(lastEnd == null || lastEnd.isLeft());
    }

    /** What was said up to now, once. */
    synchronized @Nullable OutputReader takeContent() {
        return response == null ? null : response.takeContent();
    }

    synchronized RequestCredentials credentials() {
        return response == null ? RequestCredentials.NONE : response.credentials();
    }

    /** Without what a future wraps it in: the program's synchronous calls have no such thing. */
    synchronized @Nullable Throwable failure(AttemptEnd end) {
        Throwable failure = thrown != null ? thrown : end.failure();
        return failure == null ? null : Ending.of(failure, false).failure();
    }

    /** As {@link AttemptResponse#words}. */
    synchronized @Nullable String words(Throwable failure) {
        return response == null ? null : response.words(failure);
    }

    /** As {@link AttemptResponse#error}. */
    synchronized @Nullable String error(boolean toItsEnd, FewValues codes) {
        return response == null ? null : response.error(toItsEnd, codes);
    }

    /** The call has ended: who keeps this object does not keep the response with it. */
    synchronized void release() {
        released = true;
        if (response != null) {
            response.release();
        }
        response = null;
        lastEnd = null;
        thrown = null;
        hasResult = true;
    }
}
