package dev.llmpropagation.agent;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.ImplicitContextKeyed;
import org.jspecify.annotations.Nullable;

/**
 * Says that a span of somebody else's tells of the model call that is made in this {@link Context}: our clients then make
 * none for it, until that span has ended. For frameworks that write the attributes of their span at its end, so that
 * nothing on it says what it is while the call runs.
 *
 * <pre>{@code
 * Context call = Context.current().with(span).with(ToldModelCall.by(span));
 * }</pre>
 *
 * <p>Immutable and thread-safe.
 */
public final class ToldModelCall implements ImplicitContextKeyed {

    private static final ContextKey<ToldModelCall> KEY = ContextKey.named("llm-propagation-told-model-call");

    private final Span span;

    private ToldModelCall(Span span) {
        this.span = span;
    }

    /** @param span of the model call; null, or one that does not record, tells nothing, and counts for nothing */
    public static ToldModelCall by(@Nullable Span span) {
        return new ToldModelCall(span == null ? Span.getInvalid() : span);
    }

    /** Whether a span that has not ended tells of the model call in this context. */
    static boolean isIn(Context context) {
        ToldModelCall told = context.get(KEY);
        return told != null && told.span.isRecording();
    }

    @Override
    public Context storeInContext(Context context) {
        return context.with(KEY, this);
    }
}
