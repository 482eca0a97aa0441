package dev.llmpropagation.daemon;

import dev.llmpropagation.daemon.DaemonMetrics.StatusClass;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What the client of a request gets, said once: a whole answer or none, which ends the request, or a stream, which does so
 * later. Thread-safe.
 */
final class RequestAnswer {

    private final AtomicReference<@Nullable Given> given = new AtomicReference<>();
    private volatile int status;
    private volatile boolean stopped;
    private volatile boolean awaited;

    private record Given(boolean isStream, @Nullable StreamLife open) {
        static final Given WHOLE = new Given(false, null);
        static final Given ENDED_STREAM = new Given(true, null);
    }

    /** Whether it is this one who says that it is no stream, and will be none. */
    boolean becomesWhole() {
        return given.compareAndSet(null, Given.WHOLE);
    }

    /** Whether it is this one who says that it is this stream. */
    boolean becomes(StreamLife stream) {
        return given.compareAndSet(null, new Given(true, stream));
    }

    boolean isStream() {
        Given known = given.get();
        return known != null && known.isStream();
    }

    /** Null once it has ended. */
    @Nullable
    StreamLife stream() {
        Given known = given.get();
        return known == null ? null : known.open();
    }

    void status(int code) {
        status = code;
    }

    /** Of HTTP; anything else if there was no answer. */
    int status() {
        return status;
    }

    boolean hasStatus() {
        return StatusClass.of(status) != StatusClass.NONE;
    }

    /** Somebody stopped the work, whatever the client is answered. */
    void stop() {
        stopped = true;
    }

    /** Whether somebody will give one, whatever is said before. */
    void isAwaited(boolean yes) {
        awaited = yes;
    }

    /** As {@link #stop()}, unless it is a stream, which goes on. Whether there will be no answer, so that the request ends. */
    boolean stopsAtOnce() {
        if (isStream()) {
            return false;
        }
        stop(); // before the look: who hands over looks for it after he has said so
        return !awaited && becomesWhole();
    }

    boolean isStopped() {
        return stopped;
    }

    void letGo() {
        if (isStream()) {
            given.set(Given.ENDED_STREAM);
        }
    }
}
