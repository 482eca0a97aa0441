package dev.llmpropagation.internal.span;

import java.util.Locale;

/** How a span ended, by who ended it: {@code llm_propagation.outcome}. */
public enum Outcome {
    /** It did what it was for; of an attempt, the body was read to its end. The only one that is a success. */
    COMPLETED,
    /** It did not, and nobody wanted that: the network, say, or a status of 400 and above. */
    FAILED,
    /** The program or its user stopped it, or cancelled the call. */
    CANCELLED,
    /** Its handle was closed before anybody said how it ended, or a body before its end. */
    INTERRUPTED,
    /** A time limit of the program or its client stopped it. */
    TIMED_OUT,
    /** Nobody ended it, or can any more: the safety net did. */
    ABANDONED;

    private final String value = name().toLowerCase(Locale.ROOT);

    /** As the attribute has it: lower case. */
    public String value() {
        return value;
    }

    /** Whether span and metrics show an error. */
    public boolean isError() {
        return this == FAILED || this == TIMED_OUT;
    }

    /** For {@code tool_call} events and counters, where the reference knows three outcomes only. */
    public String status() {
        return this == COMPLETED ? "success" : isError() ? "error" : "cancelled";
    }
}
