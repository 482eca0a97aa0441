package dev.llmpropagation.agent;

import java.util.Locale;

/** What became of a request to run a tool. */
public enum Decision {
    PROCEED_ONCE,
    PROCEED_ALWAYS,
    /** Somebody said no. */
    CANCEL,
    /** Nobody answered, or the turn was stopped. */
    ABORTED,
    AUTO_APPROVED,
    /** Asking failed. */
    ERROR;

    String value() {
        return name().toLowerCase(Locale.ROOT);
    }
}
