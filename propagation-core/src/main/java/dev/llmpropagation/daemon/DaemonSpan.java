package dev.llmpropagation.daemon;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.AttributeNames;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.ExceptionEvent;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.SpanCallbacks;
import dev.llmpropagation.internal.span.SpanLife;
import dev.llmpropagation.internal.span.SpanText;
import dev.llmpropagation.internal.span.SpanType;
import dev.llmpropagation.internal.span.StartedSpan;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.session.SessionIds;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.Scope;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A span of the daemon that has started: the handle to tell what becomes known, and to end it by, from any thread. It ends
 * once: the first who says how counts, and all later ones do nothing. Thread-safe. Nothing here throws: what is
 * null, or unfit to be shown, is left out.
 *
 * <p>A span that nobody ends is ended by the safety net; see {@link DaemonTelemetryBuilder#timeToLive}.
 */
public abstract class DaemonSpan implements AutoCloseable {

    private static final ContextKey<SpanLife<DaemonSpan>> KEY = ContextKey.named("llm-propagation-daemon-span");
    private static final Duration LONGEST = Duration.ofDays(365);
    private static final int MAX_ID_LENGTH = 256;
    private static final int MAX_CLIENT_ID_LENGTH = 128;

    // The library sets these itself, so the program cannot set them to something else.
    private static final Set<String> RESERVED = Stream.concat(
                    AttributeNames.names(attribute -> attribute.spans.stream().anyMatch(SpanType::isOfADaemon)),
                    Arrays.stream(LogEvent.values())
                            .filter(LogEvent::isOfADaemon)
                            .flatMap(event -> event.attributes.stream())
                            .map(attribute -> attribute.key().getKey()))
            .collect(Collectors.toUnmodifiableSet());

    final SpanLife<DaemonSpan> life;
    final DaemonInstruments instruments;
    private final AtomicReference<@Nullable String> session = new AtomicReference<>();
    private final AtomicReference<@Nullable String> promptId = new AtomicReference<>();
    private final AtomicReference<@Nullable String> clientId = new AtomicReference<>();

    /**
     * @param owned whether the span is ours to end
     * @param inside the Context of what happens in it
     * @param around the innermost open span of ours that it stands in, or null
     */
    DaemonSpan(
            DaemonInstruments instruments,
            SpanType type,
            Span span,
            boolean owned,
            Context inside,
            @Nullable SpanLife<DaemonSpan> around,
            @Nullable BooleanSupplier cancelSignal) {
        this.instruments = instruments;
        this.life = new SpanLife<>(
                new StartedSpan<>(
                        instruments.open(),
                        type.referenceName,
                        span,
                        owned,
                        inside,
                        around,
                        instruments.ttlNanos(),
                        cancelSignal),
                KEY,
                this,
                new Callbacks());
    }

    /** At most a year, so that no unit overflows, and not negative. */
    static Duration bounded(Duration duration) {
        return duration.isNegative() ? Duration.ZERO : duration.compareTo(LONGEST) < 0 ? duration : LONGEST;
    }

    static @Nullable DaemonSpan fromContext(Context context) {
        SpanLife<DaemonSpan> life = context.get(KEY);
        return life == null ? null : life.handle();
    }

    /**
     * The ids of the span, which log records and messages of the program's own may name. Invalid without an SDK, and for a
     * request outside of the catalogue.
     */
    public final SpanContext spanContext() {
        return life.span().getSpanContext();
    }

    /**
     * The session is known now, so {@link #context()} has it too. The first one counts; one that is unfit for a header
     * (see {@link SessionIds}) is left out.
     */
    public final void session(@Nullable String id) {
        if (id != null && SessionIds.isFit(id) && session.compareAndSet(null, id)) {
            life.context(life.context().with(LlmSession.of(id)));
            set(Attribute.SESSION_ID, id);
            set(Attribute.CONVERSATION_ID, id);
            onSession(id);
        }
    }

    /** The prompt is known now. The first one counts; one that is blank is left out, and at most 256 characters are shown. */
    public final void prompt(@Nullable String id) {
        if (id == null || id.isBlank()) {
            return;
        }
        String shown = SpanText.line(id, MAX_ID_LENGTH);
        if (promptId.compareAndSet(null, shown)) {
            set(Attribute.PROMPT_ID, shown);
        }
    }

    /**
     * The client is known now. The first one counts; one that has other signs than letters, digits and {@code ._:-}, or
     * more than 128, is left out.
     */
    public final void client(@Nullable String id) {
        if (id != null && isClientId(id) && clientId.compareAndSet(null, id)) {
            set(Attribute.CLIENT_ID, id);
        }
    }

    /**
     * The question to the user that this is about: that a request answers, or that a step gives up; at most 256 characters
     * are shown. {@code ApprovalWait} has the same id as {@code requestId}.
     */
    public final void permission(@Nullable String requestId) {
        if (requestId != null) {
            set(Attribute.PERMISSION_ID, SpanText.line(requestId, MAX_ID_LENGTH));
        }
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

    /** The Context of what happens inside: this span, its session once that is known, and what was current before. */
    public final Context context() {
        return life.context();
    }

    /**
     * As {@code context().makeCurrent()}. Close it on the same thread. Where the program's context storage fails, it does
     * nothing.
     */
    public final Scope makeCurrent() {
        return life.makeCurrent();
    }

    /**
     * Adds an attribute of the program's; a later one of the same key replaces it. Names of docs/daemon-reference.md are
     * the library's and are left alone. It is shown as it is: no content and no secrets.
     */
    public final <T> void attribute(@Nullable AttributeKey<T> key, @Nullable T value) {
        if (key != null && !RESERVED.contains(key.getKey())) {
            life.put(key, value);
        }
    }

    /** Whether somebody has said how it ended, or the safety net has ended it. It never goes back. */
    public final boolean isEnded() {
        return life.isEnded();
    }

    /**
     * Tells the safety net that something is still going on here, and in the spans around. Steps that start or end inside,
     * and what is written to a stream, do so on their own.
     */
    public final void touch() {
        life.touch();
    }

    /** The daemon or its client stopped it. This is no error. */
    public void cancelled() {
        life.end(Ending.of(Outcome.CANCELLED));
    }

    /** Ends it as interrupted, neither success nor error, if nobody has said how it ended. */
    @Override
    public void close() {
        life.close();
    }

    /** Names type and ids; no content. */
    @Override
    public final String toString() {
        return life.toString();
    }

    /** The request that this is, or is a part of, if there is one. */
    abstract @Nullable DaemonSpan request();

    /** The route of that request, or null. */
    abstract Routes.@Nullable Route route();

    /** How the request ends that this is; null if this is none. */
    @Nullable
    RequestOutcome outcome() {
        return null;
    }

    /** Whether a prompt runs here in a process. */
    boolean isDispatch() {
        return false;
    }

    /** The session has become known. */
    void onSession(String id) {}

    /** Whether it waits for something that may take any time, such as a person: then the safety net leaves it alone. */
    boolean isHeld(long now) {
        return false;
    }

    void onSweep(long now) {}

    /** What this type of span shows at its end. */
    void onEnding(Ending ending) {}

    /**
     * After the span has ended: metrics and log events, each step by itself. Last, a handle that has ended, and that
     * somebody still holds, lets go of what it needs no more.
     */
    abstract void onEnded(Ending ending, long nanos);

    /** The text of a status that is an error. */
    abstract String fixedText(Outcome outcome);

    final void set(Attribute attribute, @Nullable String value) {
        life.put(attribute.<String>key(), value);
    }

    final void set(Attribute attribute, long value) {
        life.put(attribute.<Long>key(), value);
    }

    /** A log record with the ids of this span. */
    final void tell(LogEvent event, Severity severity, Attributes told) {
        life.log(() -> instruments.events().of(event, severity, place(), told));
    }

    /**
     * A log record of its failure.
     *
     * @param when it failed; the record can come later
     * @param more what else the record shows
     */
    void tellError(Ending ending, Instant when, AttributesBuilder more) {
        life.log(() -> {
            String message = SpanText.error(ending.message());
            if (ending.failure() != null) {
                Attribute.EXCEPTION_TYPE.put(
                        more::put, ending.failure().getClass().getName());
            }
            more.put(Attribute.ERROR_TYPE.key(), errorType(ending))
                    .put(Attribute.ERROR_MESSAGE.key(), message != null ? message : fixedText(ending.outcome()));
            instruments.events().error(place(), when, more.build());
        });
    }

    /** Where log records of this span stand. */
    final DaemonEvents.Place place() {
        return new DaemonEvents.Place(context(), session(), promptId(), clientId(), route());
    }

    /** By the kind of the failure, as metrics and log records have it; the class stands in the exception's event. */
    final @Nullable String errorType(Ending ending) {
        boolean failed = ending.outcome().isError() || ending.failure() != null;
        return !failed || ending.errorType() != null
                ? ending.errorType()
                : instruments.errorKinds().of(ending).name();
    }

    /** A failure that the program names itself. */
    static Ending failure(Outcome outcome, ErrorKinds.Kind kind, @Nullable String message) {
        return new Ending(outcome, null, message, null, kind);
    }

    private static boolean isClientId(String id) {
        boolean fit = !id.isEmpty() && id.length() <= MAX_CLIENT_ID_LENGTH;
        for (int i = 0; fit && i < id.length(); i++) {
            char c = id.charAt(i);
            fit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || "._:-".indexOf(c) >= 0;
        }
        return fit;
    }

    /** What spans of a daemon add to a span's life. */
    private final class Callbacks implements SpanCallbacks {

        @Override
        public boolean isHeld(long now) {
            return DaemonSpan.this.isHeld(now);
        }

        @Override
        public void onSweep(long now) {
            DaemonSpan.this.onSweep(now);
        }

        @Override
        public void onEnding(Ending ending, long nanos) {
            set(Attribute.OUTCOME, ending.outcome().value());
            set(Attribute.ERROR_TYPE, errorType(ending));
            set(Attribute.ERROR_MESSAGE, SpanText.error(ending.message()));
            DaemonSpan.this.onEnding(ending);
            if (ending.failure() != null && ending.outcome().isError()) {
                ExceptionEvent.add(life.span(), ending.failure());
            }
        }

        @Override
        public String errorStatus(Outcome outcome) {
            return fixedText(outcome);
        }

        @Override
        public void onEnded(Ending ending, long nanos) {
            DaemonSpan.this.onEnded(ending, nanos);
        }

        @Override
        public String howToEnd() {
            return SpanCallbacks.super.howToEnd() + "; touch() keeps it";
        }
    }
}
