package dev.llmpropagation.daemon;

import java.util.Locale;

/** Why a stream of events to a client ended. */
public enum StreamEnd {
    /** What it told of has ended. */
    COMPLETED,
    /** The client went away. No error. */
    CLIENT_CLOSED,
    /** The client read too slowly, so the daemon let it go. */
    EVICTED,
    /** The daemon is going down. */
    SHUTDOWN,
    /** An event could not be written, or the source of events failed. */
    FAILED;

    String value() {
        return name().toLowerCase(Locale.ROOT);
    }
}
