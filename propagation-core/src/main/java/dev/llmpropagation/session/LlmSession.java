package dev.llmpropagation.session;

import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.ImplicitContextKeyed;
import org.jspecify.annotations.Nullable;

/**
 * The session of a program's user, as part of the {@link Context}. Wins over the supplier given to {@code
 * LlmPropagation}, and stays fixed for the whole of a call that was made under it, retries included.
 *
 * <pre>{@code
 * try (Scope ignored = LlmSession.of("s-1").makeCurrent()) {
 *     client.chat().completions().create(params);
 * }
 * }</pre>
 *
 * <p>Immutable and thread-safe.
 */
public final class LlmSession implements ImplicitContextKeyed {

    private static final ContextKey<LlmSession> KEY = ContextKey.named("llm-propagation-session");
    private static final LlmSession NONE = new LlmSession("");

    private final String id;

    private LlmSession(String id) {
        this.id = id;
    }

    /**
     * A session of this id. An id that cannot stand in a header (see {@link SessionIds}) is kept here but never sent,
     * which a diagnostic tells. The empty one, and null, is that of {@link #none()}.
     */
    public static LlmSession of(@Nullable String id) {
        return id == null || id.isEmpty() ? NONE : new LlmSession(id);
    }

    /** No session: calls made under it carry no session id, whatever the supplier says. */
    public static LlmSession none() {
        return NONE;
    }

    /** The session in this context, or null if it has none. */
    public static @Nullable LlmSession fromContext(@Nullable Context context) {
        return context == null ? null : context.get(KEY);
    }

    /** The id, as {@link #of} took it; empty for {@link #none()}. */
    public String id() {
        return id;
    }

    @Override
    public Context storeInContext(Context context) {
        return context.with(KEY, this);
    }

    @Override
    public String toString() {
        return "LlmSession{" + id + '}';
    }
}
