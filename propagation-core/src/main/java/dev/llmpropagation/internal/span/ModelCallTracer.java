package dev.llmpropagation.internal.span;

import io.opentelemetry.context.Context;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Starts the spans of the model calls that clients of this library make. Immutable and thread-safe; nothing here throws. */
public interface ModelCallTracer {

    /** That of an {@code AgentTracing}. */
    Door<ModelCallTracer> OF_AGENT = new Door<>();

    /**
     * Whether this Context is inside an open model call of ours: a second span inside it would show the same call
     * twice.
     */
    boolean isAround(Context context);

    /** Whether somebody else's span that has not ended tells of the model call in this Context. */
    boolean isToldByOthers(Context context);

    /** The set of names that is written. */
    Convention convention();

    /** What of the content of calls is recorded; null if nothing is. */
    @Nullable
    ContentGate content();

    /** @param caller what the span stands in */
    ModelCallSpan start(Start call, Context caller);

    /**
     * @param operation as {@code gen_ai.operation.name}
     * @param provider as {@code gen_ai.provider.name}
     * @param model that is asked for, or null if that is not known
     * @param stream whether the response is streamed
     * @param host of the service
     * @param request tells what the call asks for, when the span starts. None of it is content, and each attribute is
     *     of the name and type in docs/telemetry-reference.md; that is not checked
     * @param response as {@code request}, for what the response says: asked once when the span ends, however it ends,
     *     on the thread that ends it, which can be that of a sweep
     * @param content as {@code response}, for what was said, where that is recorded; null where it is not
     */
    record Start(
            String operation,
            String provider,
            @Nullable String model,
            boolean stream,
            String host,
            int port,
            Consumer<AttributeSink> request,
            Consumer<AttributeSink> response,
            Supplier<@Nullable CallContent> content) {}
}
