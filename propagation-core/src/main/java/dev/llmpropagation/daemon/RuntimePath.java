package dev.llmpropagation.daemon;

import java.util.Locale;

/** How a request came to the process that serves it. */
public enum RuntimePath {
    /** The request started it. */
    STARTED_ON_REQUEST,
    /** It was there, or being started already. */
    JOINED;

    String value() {
        return name().toLowerCase(Locale.ROOT);
    }
}
