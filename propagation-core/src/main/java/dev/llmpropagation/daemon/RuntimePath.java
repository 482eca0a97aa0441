package dev.llmpropagation.daemon;

import java.util.Locale;

/** How a request came to the process that serves it. */
public enum RuntimePath {
    /** The request started it. */
    STARTED_ON_REQUEST,
    /** It was there, or being started already. */
    JOINED;

    private final String value = name().toLowerCase(Locale.ROOT);

    String value() {
        return value;
    }
}
