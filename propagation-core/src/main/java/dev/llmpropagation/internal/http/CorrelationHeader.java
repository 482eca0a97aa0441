package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.span.Diagnostics;
import dev.llmpropagation.internal.span.Throwables;
import dev.llmpropagation.session.SessionIds;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A header beside that of the session, whose value the program gives.
 *
 * @param name which the builder has checked
 * @param value asked on every attempt, on the thread that sends it, with the Context of the call current
 */
public record CorrelationHeader(String name, Supplier<@Nullable String> value) {

    /** Null sends none, and so does whatever is unfit for a header. */
    @Nullable
    String fitValue(Diagnostics diagnostics) {
        String given;
        try {
            given = value.get();
        } catch (Throwable e) { // the supplier is the program's: whatever it throws, the call goes out
            diagnostics.report("The supplier of the header " + name + " failed; the request goes out without it", e);
            Throwables.propagateIfFatal(e);
            return null;
        }
        if (given == null || SessionIds.isFit(given)) {
            return given;
        }
        diagnostics.report(
                "A value of the header " + name + " is unfit for a header, so requests go out without it; use 1 to "
                        + SessionIds.MAX_LENGTH + " visible ASCII characters",
                null);
        return null;
    }
}
