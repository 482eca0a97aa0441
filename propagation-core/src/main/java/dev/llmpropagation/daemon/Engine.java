package dev.llmpropagation.daemon;

import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What all of one {@link DaemonTelemetry} shares. Nothing of a session, prompt or trace is in here.
 *
 * @param tracer null without an SDK: then the trace of a client passes through unchanged
 */
record Engine(
        @Nullable Tracer tracer,
        SpanKind requestKind,
        Routes routes,
        Inbound inbound,
        DaemonMetrics metrics,
        DaemonEvents events,
        Live live,
        BiConsumer<String, @Nullable Throwable> diagnostics) {

    /** Runs a step of ours. Whatever it throws, the program's own work goes on. */
    void quietly(String whatFailed, Runnable step) {
        try {
            step.run();
        } catch (Throwable e) { // span processors, exporters and sinks are the program's
            diagnostics.accept(whatFailed, e);
        }
    }

    /** Makes it current, or goes without where the program's context storage fails. */
    @SuppressWarnings("MustBeClosedChecker") // handed on to one who closes it
    Scope current(Context context) {
        try {
            Scope scope = context.makeCurrent();
            return () -> quietly("The Context of a span could not be taken back", scope::close);
        } catch (Throwable e) { // the storage is the program's
            diagnostics.accept("The Context of a span could not be made current", e);
            return Scope.noop();
        }
    }

    /** The Context that is current, or the root where the program's context storage fails. */
    Context context() {
        try {
            return Context.current();
        } catch (Throwable e) { // the storage is the program's
            diagnostics.accept("The current Context could not be read", e);
            return Context.root();
        }
    }
}
