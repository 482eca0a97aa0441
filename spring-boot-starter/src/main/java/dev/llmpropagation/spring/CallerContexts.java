package dev.llmpropagation.spring;

import dev.llmpropagation.internal.span.Diagnostics;
import io.opentelemetry.context.Context;
import java.util.List;

/** All that Spring knows of a caller, one after the other. One that fails leaves what the others have found. Thread-safe. */
final class CallerContexts implements CallerContext {

    private final List<CallerContext> callers;
    private final Diagnostics diagnostics = Diagnostics.to(null);

    CallerContexts(List<CallerContext> callers) {
        this.callers = List.copyOf(callers);
    }

    @Override
    public Context apply(Context current) {
        Context context = current;
        for (CallerContext caller : callers) {
            try {
                context = caller.apply(context);
            } catch (RuntimeException | LinkageError e) { // observations and their bridges are the program's
                diagnostics.report("What Spring knows of a caller could not be read; the call goes on without it", e);
            }
        }
        return context;
    }
}
