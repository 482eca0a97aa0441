package dev.llmpropagation.internal.span;

import org.jspecify.annotations.Nullable;

/** What a type of span adds at each point of its {@link SpanLife}. {@link #onEnding},
 * {@link #errorStatus} and {@link #onEnded} are called at most once. */
public interface SpanCallbacks {

    /** How it ends, as far as this type knows better than who ends it. Asked of each who does, not of the first alone. */
    default Ending howItEnds(Ending ending) {
        return ending;
    }

    /**
     * Whether it is open because of something that may take as long as it likes and is known to go on: a person who is
     * asked, a connection. This is activity of the span and of those around.
     */
    default boolean isHeld(long now) {
        return false;
    }

    /** A sweep comes by: a type with a time limit of its own ends the span here. */
    default void onSweep(long now) {}

    /** Sets the attributes of the end. */
    void onEnding(Ending ending, long nanos);

    /** Description of the status of a span that ends with an error; null if errors do not show in its status. */
    @Nullable
    String errorStatus(Outcome outcome);

    /** The span has ended: metrics, log events, and letting go of what is needed no more. */
    default void onEnded(Ending ending, long nanos) {}

    /** Whether it is the span of an agent's tool call. */
    default boolean isToolCall() {
        return false;
    }

    /** What a program should do so that the safety net need not end such a span: a part of a sentence. */
    default String howToEnd() {
        return "End each span, or run it by call(...), which does";
    }
}
