package dev.llmpropagation.span;

import java.util.Locale;

/** How a span ended: {@code llm_propagation.outcome}. */
public enum Outcome {
    /** It did what it was for. The only one that is a success. */
    COMPLETED,
    /** It did not, and nobody wanted that. */
    FAILED,
    /** The program or its user stopped it. */
    CANCELLED,
    /** Its handle was closed before anybody said how it ended. */
    INTERRUPTED,
    /** A time limit of the program stopped it. */
    TIMED_OUT,
    /** Nobody ended it: the safety net did. */
    ABANDONED;

    private final String value = name().toLowerCase(Locale.ROOT);

    public String value() {
        return value;
    }

    /** Whether span and metrics show an error. */
    public boolean isError() {
        return this == FAILED || this == TIMED_OUT;
    }

    /** For what the reference tells apart in three: {@code tool_call} events and counters. */
    public String status() {
        return this == COMPLETED ? "success" : isError() ? "error" : "cancelled";
    }
}
