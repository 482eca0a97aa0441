package dev.llmpropagation.mcp;

import dev.llmpropagation.internal.span.Instrumentation;
import dev.llmpropagation.internal.span.Outcome;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A request in the hands of the program's handler.
 *
 * @param context of the handler's work
 * @param span of the request; null if the transport could make none
 * @param startedHere whether the span is the handler's, which then ends it; else it is the transport's
 */
record ServedRequest(
        Instrumentation instrumentation,
        Context context,
        @Nullable McpSpan span,
        boolean startedHere) {

    static ServedRequest in(McpSpan span, Instrumentation instrumentation, boolean startedHere) {
        return new ServedRequest(instrumentation, span.context(), span, startedHere);
    }

    <T extends @Nullable Object> T run(Supplier<T> work) {
        Object body = new Object();
        if (span != null) {
            span.heldBy(body);
        }
        try {
            T result;
            try (Scope ignored = instrumentation.current(context)) {
                result = work.get();
            }
            if (startedHere && span != null) {
                span.responded(new McpResponse(null, result));
            }
            return result;
        } catch (Throwable e) { // rethrown
            if (startedHere && span != null) {
                span.threw(e);
            }
            throw e;
        } finally {
            if (span != null) {
                span.letGoBy(body);
            }
        }
    }

    <T> Mono<T> runAsync(Supplier<Mono<T>> work) {
        Mono<T> inside = McpInstruments.in(context, instrumentation, Mono.defer(work));
        McpSpan known = span;
        if (known == null) {
            return inside;
        }
        return known.during(
                startedHere
                        ? inside.doOnSuccess(result -> known.responded(new McpResponse(null, result)))
                                .doOnError(known::threw)
                                .doOnCancel(() -> known.end(Outcome.CANCELLED))
                        : inside);
    }
}
