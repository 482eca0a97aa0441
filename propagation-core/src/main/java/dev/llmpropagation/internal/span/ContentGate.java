package dev.llmpropagation.internal.span;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Which content is recorded, and where. Immutable; thread-safe if the redaction is.
 *
 * @param reasoning whether what a model thinks is recorded as well
 * @param maxLength longest text that is recorded, in characters; a longer one is left out whole
 * @param redaction the program's, asked for each text; null records nothing, and it may throw
 */
public record ContentGate(
        boolean onSpans,
        boolean onEvents,
        boolean reasoning,
        int maxLength,
        UnaryOperator<@Nullable String> redaction) {

    /** That of a {@code ContentCapture}. */
    public static final Door<ContentGate> OF_CAPTURE = new Door<>();

    /** Whether anything is recorded. */
    public boolean isOpen() {
        return onSpans || onEvents;
    }

    /** The text as a span may show it, or null. May throw what the redaction throws. */
    public @Nullable String forSpan(@Nullable String text) {
        return onSpans ? admitted(text) : null;
    }

    /** The text as a log event may show it, or null. May throw what the redaction throws. */
    public @Nullable String forEvent(@Nullable String text) {
        return onEvents ? admitted(text) : null;
    }

    private @Nullable String admitted(@Nullable String text) {
        if (text == null) {
            return null;
        }
        String redacted = redaction.apply(text);
        return redacted == null || redacted.length() > maxLength ? null : SpanText.wellFormed(redacted);
    }
}
