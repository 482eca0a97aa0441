package dev.llmpropagation.daemon;

import dev.llmpropagation.daemon.DaemonMetrics.StatusClass;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What the client of a request gets, said once: a whole response or none, which ends the request, or a stream, which
 * does so later. Thread-safe.
 */
final class DaemonResponse {

    private final AtomicReference<@Nullable Given> given = new AtomicReference<>();
    private volatile int status;
    private volatile boolean stopped;
    private volatile boolean awaited;

    private record Given(boolean isStream, @Nullable StreamLife open) {
        static final Given WHOLE = new Given(false, null);
        static final Given ENDED_STREAM = new Given(true, null);
    }

    /** Decides that it is no stream, and will be none. False if that was decided before, either way. */
    boolean becomesWhole() {
        return given.compareAndSet(null, Given.WHOLE);
    }

    /** Decides that it is this stream. False if that was decided before, either way. */
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

    /** Of HTTP; anything else if there was no response. */
    int status() {
        return status;
    }

    boolean hasStatus() {
        return StatusClass.of(status) != StatusClass.NONE;
    }

    /** Somebody stopped the work, whatever response the client gets. */
    void stop() {
        stopped = true;
    }

    /** Whether a response will follow, so that nobody else ends the request before it. */
    void isAwaited(boolean yes) {
        awaited = yes;
    }

    /**
     * As {@link #stop()}, unless it is a stream, which goes on. Whether there will be no response, so that the request
     * ends.
     */
    boolean stopsAtOnce() {
        if (isStream()) {
            return false;
        }
        stop(); // first: the thread that resets isAwaited looks at it afterwards
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
