package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.model.BodyStart;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.concurrent.locks.LockSupport;
import okio.Buffer;
import okio.ForwardingSource;
import okio.Source;
import okio.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a body as they pass, unchanged and unbuffered. Tells the {@link AttemptSpan} of each read and of the end.
 */
final class TrackedSource extends ForwardingSource {

    // As long as OkHttp itself waits, when a body is closed early, for the rest that would let it keep the connection.
    private static final long REST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    // A cancelled read returns at once, unless it is not of the network.
    private static final long LEAVE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long POLL_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

    private static final byte[] END_MARK = "[DONE]".getBytes(StandardCharsets.US_ASCII);

    private static final AtomicReferenceFieldUpdater<TrackedSource, @Nullable Thread> READER =
            AtomicReferenceFieldUpdater.newUpdater(TrackedSource.class, Thread.class, "reader");

    private final AttemptSpan attempt;
    private final long contentLength;
    private boolean eventStream;
    private @Nullable BodyStart start;
    private long received;
    private int markSeen;
    private volatile @Nullable Thread reader;

    /**
     * @param contentLength -1 if unknown
     * @param eventStream whether the body is taken for server-sent events, whose end is told by a mark and never waited
     *     for
     * @param start looks whether it is, by its first bytes; null if that is certain
     */
    TrackedSource(
            Source delegate, AttemptSpan attempt, long contentLength, boolean eventStream, @Nullable BodyStart start) {
        super(delegate);
        this.attempt = attempt;
        this.contentLength = contentLength;
        this.eventStream = eventStream;
        this.start = start;
    }

    @Override
    public long read(Buffer sink, long byteCount) throws IOException {
        long count;
        attempt.awaitsBytes();
        READER.lazySet(
                this, Thread.currentThread()); // cheaper than a volatile write: a close can come too early anyhow
        try {
            count = delegate().read(sink, byteCount); // without a further frame on a stack that waits for long
        } catch (Throwable e) { // rethrown
            try {
                attempt.failed(e);
            } finally {
                attempt.bodyEnded();
            }
            throw e;
        } finally {
            READER.lazySet(this, null);
        }
        if (count == -1) {
            completed();
        } else {
            attempt.sawBytes(sink, count);
            received += count;
            lookAtStart(sink, count);
            if (eventStream) {
                markSeen = markSeenAfter(sink, count);
            }
            if (received == contentLength) {
                completed();
            }
        }
        return count;
    }

    @Override
    public void close() throws IOException {
        try {
            endAttempt();
        } finally {
            attempt.bodyEnded();
            try {
                if (isReadByAnother()) {
                    callReaderBack();
                }
            } finally {
                super.close();
            }
        }
    }

    private void endAttempt() {
        try {
            if (!attempt.hasEnded()) {
                if (atEnd()) {
                    attempt.completed();
                } else {
                    attempt.closedEarly();
                }
            }
        } finally {
            attempt.bodyClosed();
        }
    }

    private void completed() {
        try {
            attempt.completed();
        } finally {
            attempt.bodyEnded();
        }
    }

    /**
     * Another thread waits in the source, which only one may use: OkHttp fails to close it, and openai-java then waits for
     * the reader for as long as the service is silent. A cancelled call sends it back.
     */
    private void callReaderBack() {
        attempt.cancelCall();
        long start = System.nanoTime();
        while (isReadByAnother() && System.nanoTime() - start < LEAVE_NANOS) {
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /** A listener of the program's can close the body from within its own read. */
    private boolean isReadByAnother() {
        Thread reading = reader;
        return reading != null && reading != Thread.currentThread();
    }

    private void lookAtStart(Buffer buffer, long count) {
        BodyStart looking = start;
        if (looking == null) {
            return;
        }
        looking.look(buffer, count);
        BodyStart.Kind kind = looking.kind();
        if (kind != null) {
            start = null;
            eventStream = kind == BodyStart.Kind.EVENTS || (kind == BodyStart.Kind.OTHER && eventStream);
        }
    }

    /**
     * Whether all content was read although nobody has seen the end: a parser stops at the end of its document, before
     * the last chunk's mark or a line feed.
     */
    private boolean atEnd() {
        if (eventStream) {
            return markSeen == END_MARK.length && !attempt.isCallCanceled();
        }
        // While another thread reads, only it may touch the source.
        if (reader != null || attempt.isCallCanceled()) {
            return false;
        }
        Timeout timeout = timeout();
        boolean hadDeadline = timeout.hasDeadline();
        long deadline = hadDeadline ? timeout.deadlineNanoTime() : Long.MAX_VALUE;
        timeout.deadlineNanoTime(Math.min(deadline, System.nanoTime() + REST_NANOS));
        try (Buffer rest = new Buffer()) {
            while (super.read(rest, 1024) != -1) {
                if (!isBlank(rest)) {
                    return false;
                }
            }
            return true;
        } catch (IOException | RuntimeException e) {
            return false;
        } finally {
            if (hadDeadline) {
                timeout.deadlineNanoTime(deadline);
            } else {
                timeout.clearDeadline();
            }
        }
    }

    /**
     * How many bytes of the mark the content ends with, after the last {@code count} bytes of the buffer; all of it after
     * {@code data: [DONE]}, when openai-java and others read no further. Blanks may follow the whole mark, and any read may
     * break it in two.
     */
    private int markSeenAfter(Buffer buffer, long count) {
        long size = buffer.size();
        long start = size - count;
        long end = size;
        while (end > start && isBlank(buffer.getByte(end - 1))) {
            end--;
        }
        if (end == start) {
            return count == 0 || markSeen == END_MARK.length ? markSeen : 0;
        }
        if (end < size && buffer.getByte(end - 1) != END_MARK[END_MARK.length - 1]) {
            return 0; // most chunks: another event, and the blank line after it
        }
        int seen = markSeen;
        for (long i = Math.max(start, end - END_MARK.length); i < end; i++) {
            byte next = buffer.getByte(i);
            if (seen < END_MARK.length && next == END_MARK[seen]) {
                seen++;
            } else {
                seen = next == END_MARK[0] ? 1 : 0; // it stands nowhere else in the mark
            }
        }
        return end == size || seen == END_MARK.length ? seen : 0;
    }

    private static boolean isBlank(Buffer buffer) throws IOException {
        while (!buffer.exhausted()) {
            if (!isBlank(buffer.readByte())) {
                return false;
            }
        }
        return true;
    }

    private static boolean isBlank(byte b) {
        return b == '\n' || b == '\r' || b == ' ' || b == '\t';
    }
}
