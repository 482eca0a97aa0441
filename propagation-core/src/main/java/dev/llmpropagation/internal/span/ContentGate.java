package dev.llmpropagation.internal.span;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What of the content of model calls is recorded, and where. Immutable; thread-safe if the redaction is.
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

    /** What a {@code ContentCapture} lets through. */
    public static final Door<Behind> OF_CAPTURE = new Door<>();

    /** @param gate null while nothing is recorded */
    public record Behind(@Nullable ContentGate gate) {}

    /** The text as a span may show it, or null. May throw what the redaction throws. */
    public @Nullable String forSpan(@Nullable String text) {
        if (!onSpans || text == null) {
            return null;
        }
        String redacted = redaction.apply(text);
        return redacted == null || redacted.length() > maxLength ? null : Text.wellFormed(redacted);
    }
}
