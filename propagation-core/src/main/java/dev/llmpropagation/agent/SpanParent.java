package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.SpanLife;
import dev.llmpropagation.internal.span.SpanType;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where in the tree a new span stands.
 *
 * @param parent innermost open span of ours around it, or null
 * @param context parent Context of the span
 * @param inherited from the parent, or from where it would stand, had that not ended, or were it no root of its own; null
 *     if there is none
 */
record SpanParent(
        @Nullable SpanLife<AgentSpan> parent,
        Context context,
        @Nullable Inherited inherited) {

    SpanParent(@Nullable SpanLife<AgentSpan> parent, Context context) {
        this(parent, context, null);
    }

    /** No parent: the Context keeps all that it carries but the span. */
    static SpanParent root(Context context) {
        return new SpanParent(
                null,
                AgentSpan.fromContext(context) == null
                                && !Span.fromContext(context).getSpanContext().isValid()
                        ? context
                        : AgentSpan.hiddenFrom(context.with(Span.getInvalid())));
    }

    /** In this span, whatever is current. */
    static SpanParent in(AgentSpan around, Context current) {
        SpanLife<AgentSpan> owner = around.owner();
        SpanLife<AgentSpan> open = owner == null ? null : owner.firstOpen();
        return open == null
                ? new SpanParent(null, root(current).context(), around.inherited())
                : new SpanParent(open, nearest(open, current), open.handle().inherited());
    }

    /** In what is current. */
    static SpanParent current(Context current) {
        AgentSpan around = AgentSpan.fromContext(current);
        return around == null || around.inherited() == null ? new SpanParent(null, current) : in(around, current);
    }

    /**
     * In the open interaction of this prompt, if what is current is that of another prompt, or none at all.
     *
     * @param session prompts of other sessions can have the same id
     * @param named whether the program named the session, so that what is current must be of it too
     */
    static SpanParent ofPrompt(
            String promptId, @Nullable String session, boolean named, Context current, OpenPrompts prompts) {
        AgentSpan around = AgentSpan.fromContext(current);
        SpanLife<AgentSpan> life = around == null ? null : around.owner();
        AgentSpan owner = life == null ? null : life.handle();
        if (around != null && owner != null && owner.type != SpanType.INTERACTION) {
            return in(around, current);
        }
        if (owner != null
                && promptId.equals(owner.promptId())
                && (!named || Objects.equals(owner.session(), session))) {
            return in(owner, current);
        }
        AgentSpan exact = prompts.find(session, promptId);
        if (exact != null) {
            return in(exact, current);
        }
        return around == null || around.inherited() == null ? new SpanParent(null, current) : root(current);
    }

    /** The current Context if it stands inside the parent, maybe in a span of the program's; else the parent's span. */
    private static Context nearest(SpanLife<AgentSpan> parent, Context current) {
        AgentSpan around = AgentSpan.fromContext(current);
        Span span = Span.fromContext(current);
        boolean inside = around != null
                && around.owner() == parent
                && span != around.life.span()
                && span.getSpanContext().isValid()
                && span.getSpanContext()
                        .getTraceId()
                        .equals(parent.span().getSpanContext().getTraceId());
        return inside ? current : parent.span().getSpanContext().isValid() ? current.with(parent.span()) : current;
    }
}
