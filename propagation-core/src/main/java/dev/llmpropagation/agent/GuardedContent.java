package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.ContentGate;
import dev.llmpropagation.internal.span.Diagnostics;
import dev.llmpropagation.internal.span.Throwables;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Content as the spans of an agent show it: a redaction that throws lets nothing through. */
record GuardedContent(ContentGate gate, Diagnostics diagnostics) {

    @Nullable
    String forSpan(@Nullable String text) {
        return guarded(() -> gate.forSpan(text));
    }

    @Nullable
    String forEvent(@Nullable String text) {
        return guarded(() -> gate.forEvent(text));
    }

    private @Nullable String guarded(Supplier<@Nullable String> content) {
        try {
            return content.get();
        } catch (Throwable e) { // the redaction is the program's: whatever it throws, nothing is shown
            diagnostics.report("The redaction of content failed; the content is not recorded", e);
            Throwables.propagateIfFatal(e);
            return null;
        }
    }
}
