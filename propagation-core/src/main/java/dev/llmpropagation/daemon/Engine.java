package dev.llmpropagation.daemon;

import dev.llmpropagation.span.CurrentContext;
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
    Scope current(Context context) {
        return new CurrentContext(diagnostics).scope(context);
    }

    /** The Context that is current, or the root where the program's context storage fails. */
    Context context() {
        return new CurrentContext(diagnostics).get();
    }
}
