package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.content.AnswerReader;
import dev.llmpropagation.internal.model.ResponseFacts;
import dev.llmpropagation.internal.model.ResponseScanner;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.FewValues;
import dev.llmpropagation.internal.span.Outcome;
import okio.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * How far a model call has come: which of its attempts has the answer, who says how the reading of that went, and so whose end
 * is the call's. What returns an {@link AttemptEnd} returns the one that the call ends by now; null if it goes on. Its lock is
 * that of the readings and their scanners as well: a sweep can end the span while a chunk comes. Thread-safe.
 */
final class ModelCallProgress {

    private final boolean sdkMayRetry;
    private int attempts;
    private int running; // an interceptor of the program's can have several at once
    private boolean answered;
    private boolean over;
    private boolean released;
    private Reader reader;
    private @Nullable Ending stopped;
    private @Nullable Throwable thrown;
    // Of the attempt that started or responded last, and once the call is answered, of the one that answered it.
    private @Nullable AnswerReading reading;
    private @Nullable AttemptEnd last;

    /** Who has to say how the reading of the answer went. */
    private enum Reader {
        /** The facade, when the SDK comes back to it: the end of the bytes says little. */
        SDK,
        /** The program can go on by the facade, or leave it: what was not read to its end will not be. */
        PROGRAM,
        /** Nobody: the bytes decide. */
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
        last = null;
        reading = null;
        answered = false;
    }

    /** The SDK has its answer, and nobody asks again: what a hedge of the program's still does tells nothing. */
    private boolean isDecided() {
        return answered && !sdkMayRetry;
    }

    /** Whether the attempt repeats an earlier one. */
    synchronized boolean attemptStarts(AnswerReading started) {
        boolean hop = last != null && last.isRedirect();
        boolean again = attempts++ > 0 && !hop;
        running++;
        if (!isDecided()) {
            callStarts();
            reading = started;
        }
        return again;
    }

    /** As {@link AnswerReading#starts}. Whether this may be the answer. */
    synchronized boolean responseStarts(
            AnswerReading attempt,
            @Nullable ResponseScanner answer,
            @Nullable AnswerReader said,
            RequestCredentials carried) {
        attempt.starts(answer, said, carried);
        if (isDecided()) {
            return false;
        }
        reading = attempt;
        return true;
    }

    /** As {@link AnswerReading#accept}. Take the lock of this first, and keep it for what the scanner is asked. */
    @Nullable
    ResponseScanner accept(AnswerReading attempt, Buffer buffer, long byteCount, long nanos) {
        return released ? null : attempt.accept(buffer, byteCount, nanos);
    }

    synchronized @Nullable AttemptEnd attemptEnded(AnswerReading attempt, AttemptEnd end) {
        running--;
        attempt.end = end;
        if (answered && attempt != reading) {
            attempt.release();
            return null; // another one was faster
        }
        last = end;
        if (!answered && (!over || running > 0)) {
            return null; // a hop, or an attempt that somebody may repeat
        }
        if (end.outcome() != Outcome.ABANDONED
                && (reader == Reader.SDK || (reader == Reader.PROGRAM && end.outcome() == Outcome.COMPLETED))) {
            return null;
        }
        return judged(answered ? end : AttemptEnd.ofStopped(end, stopped));
    }

    /** Who had the body, which has ended, lets go of it. */
    synchronized @Nullable AttemptEnd bodyClosed(AnswerReading attempt) {
        return reader == Reader.PROGRAM && attempt == reading ? last : null;
    }

    /** The program has the answer, and the SDK reads it only when the program asks for more. */
    synchronized @Nullable AttemptEnd handedOver() {
        // An answer without a body has nothing that anybody would read, or close.
        boolean left = last != null && (!over || last.outcome() != Outcome.COMPLETED);
        over = true;
        reader = Reader.PROGRAM;
        return left ? last : null;
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
    synchronized @Nullable AttemptEnd answered(@Nullable AnswerReading of, int status) {
        if (of != null) {
            reading = of;
            last = of.end; // none while its body is read
        } else if (last == null ? reading == null || !reading.isFollowed() : last.status() != status) {
            // Who answers in the steps' place has not been seen, nor has the end of a body that is not followed.
            last = new AttemptEnd(Outcome.COMPLETED, null, status);
        }
        answered = !sdkMayRetry || status < 400;
        return answered && reader != Reader.SDK ? last : null;
    }

    /** The SDK gets this exception. */
    synchronized @Nullable AttemptEnd failed(Outcome outcome, Throwable failure) {
        boolean cut = outcome == Outcome.CANCELLED || outcome == Outcome.TIMED_OUT;
        if (last == null || last.failure() == null || cut) {
            last = new AttemptEnd(outcome, failure, 0);
        }
        answered = !sdkMayRetry;
        return answered ? last : null;
    }

    /** See {@link ModelCall#finished}. */
    synchronized @Nullable AttemptEnd finished(@Nullable Ending why, @Nullable Throwable failure) {
        over = true;
        reader = Reader.NOBODY;
        stopped = why;
        thrown = failure;
        // Who got an exception reads no further, though nobody may ever close the body.
        boolean given = answered && failure != null && why == null;
        if (!given && (answered ? last == null : running > 0)) {
            return null;
        }
        AttemptEnd end = judged(answered && last != null ? last : AttemptEnd.ofStopped(last, stopped));
        answered = true;
        return end;
    }

    /** What the program has stopped counts as that, and not by what it gets. */
    private AttemptEnd judged(AttemptEnd end) {
        return thrown == null || stopped != null ? end : end.judgedBy(thrown);
    }

    synchronized int attempts() {
        return attempts;
    }

    /** What was read up to now; null if nothing was. */
    synchronized @Nullable ResponseFacts facts() {
        // A choice without a reason is an error of the service's, unless the program did not read on.
        return reading == null ? null : reading.facts(last == null || last.isLeft());
    }

    /** What was said up to now, once. */
    synchronized @Nullable AnswerReader takeContent() {
        return reading == null ? null : reading.takeContent();
    }

    synchronized RequestCredentials credentials() {
        return reading == null ? RequestCredentials.NONE : reading.credentials();
    }

    /** Without what a future wraps it in: the program's synchronous calls have no such thing. */
    synchronized @Nullable Throwable failure(AttemptEnd end) {
        Throwable failure = thrown != null ? thrown : end.failure();
        return failure == null ? null : Ending.of(failure, false).failure();
    }

    /** As {@link AnswerReading#words}. */
    synchronized @Nullable String words(Throwable failure) {
        return reading == null ? null : reading.words(failure);
    }

    /** As {@link AnswerReading#error}. */
    synchronized @Nullable String error(boolean toItsEnd, FewValues codes) {
        return reading == null ? null : reading.error(toItsEnd, codes);
    }

    /** The call has ended: whoever holds this for longer holds no answer with it. */
    synchronized void release() {
        released = true;
        if (reading != null) {
            reading.release();
        }
        reading = null;
        last = null;
        thrown = null;
        answered = true;
    }
}
