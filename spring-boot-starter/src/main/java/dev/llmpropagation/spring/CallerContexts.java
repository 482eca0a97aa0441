package dev.llmpropagation.spring;

import io.opentelemetry.context.Context;
import java.util.List;

/** All that Spring knows of a caller, one after the other. One that fails leaves what the others have found. Thread-safe. */
final class CallerContexts implements CallerContext {

    private final List<CallerContext> callers;
    private final FailureGuard guard = new FailureGuard();

    CallerContexts(List<CallerContext> callers) {
        this.callers = List.copyOf(callers);
    }

    @Override
    public Context apply(Context current) {
        Context context = current;
        for (CallerContext caller : callers) {
            Context known = context;
            context = guard.get(
                    "What Spring knows of a caller could not be read; the call goes on without it",
                    () -> caller.apply(known),
                    known);
        }
        return context;
    }
}
