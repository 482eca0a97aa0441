package dev.llmpropagation.agent;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where in the tree a new span stands.
 *
 * @param parent innermost open span of ours around it, or null
 * @param context parent Context of the span
 * @param lineage of the parent, or of where it would stand, had that not ended; null if there is none
 */
record Place(
        @Nullable AgentScope parent,
        Context context,
        @Nullable Lineage lineage) {

    Place(@Nullable AgentScope parent, Context context) {
        this(parent, context, null);
    }

    /** A root of its own: what the Context carries stays, but for its span. */
    static Place root(Context context) {
        return new Place(
                null,
                AgentSpan.fromContext(context) == null
                                && !Span.fromContext(context).getSpanContext().isValid()
                        ? context
                        : context.with(Span.getInvalid()).with(AgentSpan.KEY, null));
    }

    /** In this span, whatever is current. */
    static Place in(AgentSpan around, Context current) {
        AgentScope owner = around.owner();
        AgentScope open = owner == null ? null : owner.firstOpen();
        return open == null
                ? new Place(null, root(current).context(), around.lineage())
                : new Place(open, nearest(open, current), open.lineage());
    }

    /** In what is current. */
    static Place current(Context current) {
        AgentSpan around = AgentSpan.fromContext(current);
        return around == null || around.lineage() == null ? new Place(null, current) : in(around, current);
    }

    /**
     * In the open interaction of this prompt, if what is current is that of another prompt, or none at all.
     *
     * @param session prompts of other sessions can have the same id
     * @param named whether the program named the session, so that what is current must be of it too
     */
    static Place ofPrompt(String promptId, @Nullable String session, boolean named, Context current, OpenSpans spans) {
        AgentSpan around = AgentSpan.fromContext(current);
        AgentScope owner = around == null ? null : around.owner();
        if (around != null && owner != null && !(owner instanceof Interaction)) {
            return in(around, current);
        }
        if (owner instanceof Interaction interaction
                && interaction.promptId().equals(promptId)
                && (!named || Objects.equals(interaction.session(), session))) {
            return in(owner, current);
        }
        Interaction exact = spans.find(session, promptId);
        if (exact != null) {
            return in(exact, current);
        }
        return around == null || around.lineage() == null ? new Place(null, current) : root(current);
    }

    /** The current Context if it stands inside the parent, maybe in a span of the program's; else the parent's span. */
    private static Context nearest(AgentScope parent, Context current) {
        AgentSpan around = AgentSpan.fromContext(current);
        Span span = Span.fromContext(current);
        boolean inside = around != null
                && around.owner() == parent
                && span != around.span()
                && span.getSpanContext().isValid()
                && span.getSpanContext()
                        .getTraceId()
                        .equals(parent.spanContext().getTraceId());
        return inside ? current : parent.span().getSpanContext().isValid() ? current.with(parent.span()) : current;
    }
}
