package dev.llmpropagation.daemon;

import java.util.Locale;

/** Which way a message goes between the daemon and a process of its agents. */
public enum Direction {
    /** From the process to the daemon. */
    INBOUND,
    /** From the daemon to the process. */
    OUTBOUND;

    String value() {
        return name().toLowerCase(Locale.ROOT);
    }
}
