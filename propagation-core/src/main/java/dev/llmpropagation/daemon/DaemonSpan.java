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
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A span of the daemon that has started: the handle to tell what becomes known, and to end it by, from any thread. It ends
 * once: the first who says how counts, and all later ones do nothing. Thread-safe. Nothing here throws, but for a null that
 * it does not take.
 *
 * <p>A span that nobody ends is ended by the safety net; see {@link DaemonTelemetryBuilder#timeToLive}.
 */
public abstract sealed class DaemonSpan implements AutoCloseable permits DaemonRequest, BridgeSpan {

    private static final ContextKey<@Nullable DaemonSpan> KEY = ContextKey.named("llm-propagation-daemon-span");
    private static final Duration LONGEST = Duration.ofDays(365);
    private static final int MAX_ID_LENGTH = 256;
    private static final int MAX_CLIENT_ID_LENGTH = 128;

    final Engine engine;
    private final Span span;
    private final boolean owned;
    private final Context context;
    private final long startNanos;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicReference<@Nullable String> session = new AtomicReference<>();
    private final AtomicReference<@Nullable String> promptId = new AtomicReference<>();
    private final AtomicReference<@Nullable String> clientId = new AtomicReference<>();
    private volatile @Nullable DaemonSpan parent;
    private volatile boolean abandoned;
    private volatile long activeNanos;

    /**
     * @param owned whether the span is ours to end; else it is that of another instrumentation
     * @param parent open, or null
     */
    DaemonSpan(Engine engine, Span span, boolean owned, @Nullable DaemonSpan parent, Context inside) {
        this.engine = engine;
        this.span = span;
        this.owned = owned;
        this.parent = parent;
        this.startNanos = engine.live().now();
        this.activeNanos = startNanos;
        this.context = inside.with(KEY, this);
    }

    /** Short enough for any unit, and not negative. */
    static Duration bounded(Duration duration) {
        return duration.isNegative() ? Duration.ZERO : duration.compareTo(LONGEST) < 0 ? duration : LONGEST;
    }

    static @Nullable DaemonSpan fromContext(Context context) {
        return context.get(KEY);
    }

    /** The Context of what happens inside: this span, its session once that is known, and what was current before. */
    public final Context context() {
        String known = session.get();
        return known == null ? context : context.with(LlmSession.of(known));
    }

    /**
     * As {@code context().makeCurrent()}. Close it on the same thread. Where the program's context storage fails, it does
     * nothing.
     */
    public final Scope makeCurrent() {
        return engine.current(context());
    }

    /**
     * The ids of the span, which log records and messages of the program's own may name. Invalid without an SDK, and for a
     * request outside of the catalogue.
     */
    public final SpanContext spanContext() {
        return span.getSpanContext();
    }

    /** Id of the session, or null as long as it is not known. */
    public final @Nullable String session() {
        return session.get();
    }

    final @Nullable String promptId() {
        return promptId.get();
    }

    final @Nullable String clientId() {
        return clientId.get();
    }

    /**
     * The session is known now, so {@link #context()} has it too. The first one counts; one that is unfit for a header
     * (see {@link SessionIds}) is left out.
     */
    public final void session(String id) {
        requireNonNull(id, "id");
        if (SessionIds.isFit(id) && session.compareAndSet(null, id)) {
            set(Attribute.SESSION_ID, id);
            set(Attribute.CONVERSATION_ID, id);
        }
    }

    /** The prompt is known now. The first one counts; one that is blank is left out, and at most 256 characters are shown. */
    public final void prompt(String id) {
        requireNonNull(id, "id");
        String shown = Text.bounded(id, MAX_ID_LENGTH);
        if (!id.isBlank() && promptId.compareAndSet(null, shown)) {
            set(Attribute.PROMPT_ID, shown);
        }
    }

    /**
     * The client is known now. The first one counts; one that has other signs than letters, digits and {@code ._:-}, or
     * more than 128, is left out.
     */
    public final void client(String id) {
        requireNonNull(id, "id");
        if (isClientId(id) && clientId.compareAndSet(null, id)) {
            set(Attribute.CLIENT_ID, id);
        }
    }

    /**
     * Adds an attribute of the program's; a later one of the same key replaces it. Names of docs/daemon-reference.md are
     * the library's and are left alone. It is shown as it is: no content and no secrets.
     */
    public final <T> void attribute(AttributeKey<T> key, T value) {
        requireNonNull(value, "value");
        if (!Attribute.isReserved(requireNonNull(key, "key").getKey())) {
            engine.quietly("An attribute could not be set", () -> span.setAttribute(key, value));
        }
    }

    /**
     * Tells the safety net that something is still going on here, and in the spans around. Steps that start or end inside,
     * and what is written to a stream, do so on their own.
     */
    public final void touch() {
        long now = engine.live().now();
        for (DaemonSpan span = this; span != null; span = span.parent) {
            span.activeNanos = now;
        }
    }

    /** The daemon or its client stopped it. This is no error. */
    public void cancelled() {
        end(Ending.of(Outcome.CANCELLED));
    }

    /** Ends it as interrupted, neither success nor error, if nobody has said how it ended. */
    @Override
    public void close() {
        if (!isEnded()) {
            end(Ending.of(Outcome.INTERRUPTED));
        }
    }

    /** Whether somebody has said how it ended, or the safety net has ended it. It never goes back. */
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

    /** The request that this is, or is a part of, if there is one. */
    abstract @Nullable DaemonRequest request();

    /** What this type of span shows at its end. */
    abstract void onEnding(Ending ending);

    /** After the span has ended: metrics and log events, each step by itself, in {@code engine.quietly}. */
    abstract void onEnded(Ending ending, long nanos);

    /** The last of all: a handle that has ended, and that somebody still holds, keeps nothing that it needs no more. */
    abstract void forget();

    /** The text of a status that is an error. */
    abstract String fixedText(Outcome outcome);

    /** The route of the request that this is a part of, or null. */
    final Routes.@Nullable Route route() {
        DaemonRequest around = request();
        return around == null ? null : around.ownRoute();
    }

    final Span span() {
        return span;
    }

    /** The innermost span of ours around it that is open, or was when this one ended. */
    final @Nullable DaemonSpan parent() {
        return parent;
    }

    /** This one, or the innermost around it that has not ended. */
    final @Nullable DaemonSpan firstOpen() {
        DaemonSpan open = this;
        while (open != null && open.isEnded()) {
            open = open.parent;
        }
        return open;
    }

    final void started() {
        touch(); // first, so that the sweep which the start brings about finds the spans around active
        engine.live().add(this);
    }

    final long idleNanos(long now) {
        return now - activeNanos;
    }

    final void end(Ending ending) {
        if (!ended.compareAndSet(false, true)) {
            cameLate(ending.outcome());
            return;
        }
        abandoned = ending.outcome() == Outcome.ABANDONED;
        engine.live().remove(this);
        long nanos = engine.live().now() - startNanos;
        engine.quietly("Attributes could not be set at the end of a span", () -> write(ending, nanos));
        if (owned) {
            if (ending.outcome().isError()) {
                engine.quietly(
                        "The status of a span could not be set",
                        () -> span.setStatus(StatusCode.ERROR, fixedText(ending.outcome())));
            }
            engine.quietly("A span could not be ended", span::end);
        }
        onEnded(ending, nanos);
        DaemonSpan around = parent;
        if (around != null && !abandoned) {
            around.touch();
        }
        // Nobody who has ended too, or a chain of them would grow for ever.
        parent = around == null ? null : around.firstOpen();
        forget();
        if (abandoned) {
            engine.diagnostics()
                    .accept(
                            type().spanName
                                    + " was never ended; the safety net did. End each span, or run it by call(...),"
                                    + " which does; touch() keeps it",
                            null);
        }
    }

    private void cameLate(Outcome outcome) {
        if (abandoned && outcome != Outcome.INTERRUPTED && outcome != Outcome.ABANDONED) {
            engine.diagnostics()
                    .accept(
                            type().spanName + " ended as " + outcome.value()
                                    + " after the safety net had ended it; a longer timeToLive or touch() keeps it",
                            null);
        }
    }

    private void write(Ending ending, long nanos) {
        set(Attribute.OUTCOME, ending.outcome().value());
        set(Attribute.ERROR_TYPE, errorType(ending));
        set(Attribute.ERROR_MESSAGE, Text.error(ending.message()));
        if (ending.outcome() == Outcome.ABANDONED) {
            engine.quietly(
                    "An attribute could not be set",
                    () -> span.setAttribute(Attribute.TTL_EXPIRED.<Boolean>key(), true));
            set(Attribute.SPAN_DURATION, nanos / 1_000_000);
        }
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
