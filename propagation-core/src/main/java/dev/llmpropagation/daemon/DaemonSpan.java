package dev.llmpropagation.daemon;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.session.SessionIds;
import dev.llmpropagation.span.Ending;
import dev.llmpropagation.span.ExceptionEvent;
import dev.llmpropagation.span.Outcome;
import dev.llmpropagation.span.Text;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.Scope;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A span of the daemon that has started: the handle to tell what becomes known, and to end it by, from any thread. It ends
 * once: the first who says how counts, and all later ones do nothing. Thread-safe. Nothing here throws, but for a null that
 * it does not take.
 */
public abstract sealed class DaemonSpan implements AutoCloseable permits DaemonRequest, BridgeSpan {

    private static final ContextKey<@Nullable DaemonSpan> KEY = ContextKey.named("llm-propagation-daemon-span");
    private static final Duration LONGEST = Duration.ofDays(365);
    private static final int MAX_ID_LENGTH = 256;
    private static final int MAX_CLIENT_ID_LENGTH = 128;

    final Engine engine;
    private final Span span;
    private final boolean owned;
    private final @Nullable DaemonSpan parent;
    private final Context context;
    private final long startNanos;
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile @Nullable String session;
    private volatile @Nullable String promptId;
    private volatile @Nullable String clientId;

    /** @param owned whether the span is ours to end; else it is that of another instrumentation */
    DaemonSpan(Engine engine, Span span, boolean owned, @Nullable DaemonSpan parent, Context inside) {
        this.engine = engine;
        this.span = span;
        this.owned = owned;
        this.parent = parent;
        this.startNanos = engine.nanoTime().getAsLong();
        this.context = inside.with(KEY, this);
    }

    /** Short enough for any unit. */
    static Duration bounded(Duration duration) {
        return duration.compareTo(LONGEST) < 0 ? duration : LONGEST;
    }

    static @Nullable DaemonSpan fromContext(Context context) {
        return context.get(KEY);
    }

    /** The Context of what happens inside: this span, its session once that is known, and what was current before. */
    public final Context context() {
        String known = session;
        return known == null ? context : context.with(LlmSession.of(known));
    }

    /** As {@code context().makeCurrent()}. Close it on the same thread. */
    public final Scope makeCurrent() {
        return engine.current(context());
    }

    public final SpanContext spanContext() {
        return span.getSpanContext();
    }

    /** Id of the session, or null as long as it is not known. */
    public final @Nullable String session() {
        return session;
    }

    final @Nullable String promptId() {
        return promptId;
    }

    final @Nullable String clientId() {
        return clientId;
    }

    /**
     * The session is known now. The first one counts; one that is unfit for a header (see {@link SessionIds}) is left out.
     */
    public final void session(String id) {
        requireNonNull(id, "id");
        if (session == null && SessionIds.isFit(id)) {
            session = id;
            set(Attribute.SESSION_ID, id);
            set(Attribute.CONVERSATION_ID, id);
        }
    }

    /** The prompt is known now. The first one counts. */
    public final void prompt(String id) {
        requireNonNull(id, "id");
        if (promptId == null && !id.isBlank()) {
            promptId = Text.bounded(id, MAX_ID_LENGTH);
            set(Attribute.PROMPT_ID, promptId);
        }
    }

    /** The client is known now. The first one counts; one with other signs than letters, digits and {@code ._:-} does not. */
    public final void client(String id) {
        requireNonNull(id, "id");
        if (clientId == null && isClientId(id)) {
            clientId = id;
            set(Attribute.CLIENT_ID, id);
        }
    }

    /** Adds an attribute of the program's. Names of docs/daemon-reference.md are the library's and are left alone. */
    public final <T> void attribute(AttributeKey<T> key, T value) {
        if (!Attribute.isReserved(requireNonNull(key, "key").getKey())) {
            engine.quietly("An attribute could not be set", () -> span.setAttribute(key, value));
        }
    }

    /** The daemon or its client stopped it. This is no error. */
    public void cancelled() {
        end(Ending.of(Outcome.CANCELLED));
    }

    /** Ends it as interrupted, neither success nor error, if nobody has said how it ended. */
    @Override
    public void close() {
        end(Ending.of(Outcome.INTERRUPTED));
    }

    public final boolean isEnded() {
        return ended.get();
    }

    /** Names type and ids; no content. */
    @Override
    public final String toString() {
        return type().spanName
                + '{'
                + spanContext().getTraceId()
                + '/'
                + spanContext().getSpanId()
                + (isEnded() ? ", ended}" : "}");
    }

    abstract SpanType type();

    /** What this type of span shows at its end. */
    abstract void onEnding(Ending ending);

    /** After the span has ended: metrics and log events, each step by itself, in {@code engine.quietly}. */
    abstract void onEnded(Ending ending, long nanos);

    /** The text of a status that is an error. */
    abstract String fixedText(Outcome outcome);

    /** The route of the request that this is a part of, or null. */
    Routes.@Nullable Route route() {
        return parent == null ? null : parent.route();
    }

    final Span span() {
        return span;
    }

    final @Nullable DaemonSpan parent() {
        return parent;
    }

    final void end(Ending ending) {
        if (!ended.compareAndSet(false, true)) {
            return;
        }
        engine.live().remove(this);
        long nanos = engine.nanoTime().getAsLong() - startNanos;
        engine.quietly("Attributes could not be set at the end of a span", () -> write(ending));
        if (owned) {
            if (ending.outcome().isError()) {
                engine.quietly(
                        "The status of a span could not be set",
                        () -> span.setStatus(StatusCode.ERROR, fixedText(ending.outcome())));
            }
            engine.quietly("A span could not be ended", span::end);
        }
        onEnded(ending, nanos);
    }

    private void write(Ending ending) {
        set(Attribute.OUTCOME, ending.outcome().value());
        set(Attribute.ERROR_TYPE, errorType(ending));
        set(Attribute.ERROR_MESSAGE, Text.error(ending.message()));
        onEnding(ending);
        if (ending.failure() != null && ending.outcome().isError()) {
            ExceptionEvent.add(span, ending.failure());
        }
    }

    static @Nullable String errorType(Ending ending) {
        Throwable failure = ending.failure();
        if (ending.errorType() != null || failure == null) {
            return ending.errorType();
        }
        return failure.getClass().getName();
    }

    final void set(Attribute attribute, @Nullable String value) {
        if (value != null) {
            engine.quietly("An attribute could not be set", () -> span.setAttribute(attribute.<String>key(), value));
        }
    }

    final void set(Attribute attribute, long value) {
        engine.quietly("An attribute could not be set", () -> span.setAttribute(attribute.<Long>key(), value));
    }

    private static boolean isClientId(String id) {
        boolean fit = !id.isEmpty() && id.length() <= MAX_CLIENT_ID_LENGTH;
        for (int i = 0; fit && i < id.length(); i++) {
            char c = id.charAt(i);
            fit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || "._:-".indexOf(c) >= 0;
        }
        return fit;
    }
}
