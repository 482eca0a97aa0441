package dev.llmpropagation.daemon;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A stream of events to a client. It counts as active until {@link #closed}, which ends the span of its request as well. It
 * may be silent for as long as it likes: the safety net ends it only if the program has let go of this object without
 * closing it. Thread-safe; nothing here throws.
 */
public final class DaemonStream {

    private final StreamLife life;

    DaemonStream(StreamLife life) {
        this.life = life;
        life.heldBy(this);
    }

    /**
     * An event was written.
     *
     * @param eventId its id, of which at most 256 characters are shown, or null if it has none, as a heartbeat
     */
    public void wrote(@Nullable String eventId) {
        life.wrote(eventId);
    }

    /** A write had to wait this long for the client. The longest is shown, in milliseconds; null counts as 0. */
    public void waited(@Nullable Duration time) {
        life.waited(time == null ? Duration.ZERO : time);
    }

    /** Names the stream in this daemon, for {@link #reconnected} of a later one. */
    public String id() {
        return life.id();
    }

    /**
     * The client has come back, and this stream goes on for another one.
     *
     * @param previousId {@link #id()} of that one, as far as the client says
     * @param why it ended, or null if that is not known
     */
    public void reconnected(@Nullable String previousId, @Nullable StreamEnd why) {
        life.reconnected(previousId, why);
    }

    /** The client must fetch the state anew, since events that it missed are gone. */
    public void resyncRequired() {
        life.resyncRequired();
    }

    /** An event could not be published, and the stream stays open. The class of the exception is shown, never its message. */
    public void publishFailed(@Nullable Throwable failure) {
        life.publishFailed(failure);
    }

    /** The daemon found the client too slow, and warns of it. The number of warnings is shown. */
    public void slow() {
        life.slow();
    }

    /** Tells the safety net that the stream is still connected, without an event. {@link #wrote} does so on its own. */
    public void touch() {
        life.touch();
    }

    /**
     * The stream has ended. The first word counts; null is {@link StreamEnd#FAILED}, the only error, the one that {@link
     * DaemonRequest#error(Throwable)} tells of.
     */
    public void closed(@Nullable StreamEnd reason) {
        life.closed(reason == null ? StreamEnd.FAILED : reason);
    }
}
