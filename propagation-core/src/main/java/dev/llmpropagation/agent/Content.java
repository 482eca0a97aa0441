package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Diagnostics;
import dev.llmpropagation.internal.span.Throwables;
import org.jspecify.annotations.Nullable;

/** {@link ContentCapture} as the spans use it: a redaction that throws lets nothing through. */
record Content(ContentCapture capture, Diagnostics diagnostics) {

    @Nullable
    String forSpan(@Nullable String text) {
        try {
            return capture.forSpan(text);
        } catch (Throwable e) { // the redaction is the program's: whatever it throws, nothing is shown
            diagnostics.report("The redaction of content failed; the content is not recorded", e);
            Throwables.propagateIfFatal(e);
            return null;
        }
    }

    @Nullable
    String forEvent(@Nullable String text) {
        try {
            return capture.forEvent(text);
        } catch (Throwable e) { // as above
            diagnostics.report("The redaction of content failed; the content is not recorded", e);
            Throwables.propagateIfFatal(e);
            return null;
        }
    }
}
