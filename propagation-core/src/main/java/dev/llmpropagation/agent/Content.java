package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Diagnostics;
import dev.llmpropagation.internal.span.Throwables;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@link ContentCapture} as the spans use it: a redaction that throws lets nothing through. */
record Content(ContentCapture capture, Diagnostics diagnostics) {

    @Nullable
    String forSpan(@Nullable String text) {
        return guarded(() -> capture.forSpan(text));
    }

    @Nullable
    String forEvent(@Nullable String text) {
        return guarded(() -> capture.forEvent(text));
    }

    private @Nullable String guarded(Supplier<@Nullable String> gate) {
        try {
            return gate.get();
        } catch (Throwable e) { // the redaction is the program's: whatever it throws, nothing is shown
            diagnostics.report("The redaction of content failed; the content is not recorded", e);
            Throwables.propagateIfFatal(e);
            return null;
        }
    }
}
