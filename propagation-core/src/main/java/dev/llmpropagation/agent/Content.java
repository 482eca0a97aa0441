package dev.llmpropagation.agent;

import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** {@link ContentCapture} as the spans use it: a redaction that throws lets nothing through. */
record Content(ContentCapture capture, BiConsumer<String, @Nullable Throwable> diagnostics) {

    @Nullable
    String forSpan(@Nullable String text) {
        try {
            return capture.forSpan(text);
        } catch (Throwable e) { // the redaction is the program's: whatever it throws, nothing is shown
            diagnostics.accept("The redaction of content failed; the content is not recorded", e);
            return null;
        }
    }

    @Nullable
    String forEvent(@Nullable String text) {
        try {
            return capture.forEvent(text);
        } catch (Throwable e) { // as above
            diagnostics.accept("The redaction of content failed; the content is not recorded", e);
            return null;
        }
    }
}
