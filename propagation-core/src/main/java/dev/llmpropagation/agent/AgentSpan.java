package dev.llmpropagation.agent;

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
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A span of the agent that has started: the handle to end it by, from any thread. It ends once: the first of {@link
 * #completed()}, {@link #failed(Throwable)}, {@link #cancelled()}, {@link #timedOut()} and {@link #close()} counts, and
 * all later ones do nothing. Thread-safe. Nothing here throws, but for a null that it does not take.
 *
 * <p>A span that nobody ends is ended by the safety net; see {@link AgentTracingBuilder#timeToLive}.
 */
public abstract sealed class AgentSpan implements AutoCloseable
        permits AgentScope, ToolExecution, ApprovalWait, Hook, LlmRequest {

    static final ContextKey<@Nullable AgentSpan> KEY = ContextKey.named("llm-propagation-agent-span");

    private static final AtomicIntegerFieldUpdater<AgentSpan> ENDED =
            AtomicIntegerFieldUpdater.newUpdater(AgentSpan.class, "ended");
    private static final AtomicLongFieldUpdater<AgentSpan> ACTIVE =
            AtomicLongFieldUpdater.newUpdater(AgentSpan.class, "activeNanos");

    final Engine engine;
    private final SpanType type;
    private final Span span;
    private final Context context;
    private final @Nullable String session;
    private final @Nullable Lineage lineage;
    private final long startNanos;
    private final long ttlNanos;
    private volatile int ended;
    private volatile @Nullable AgentScope parent;
    private volatile @Nullable BooleanSupplier cancelSignal;
    private volatile boolean abandoned;
    private volatile long activeNanos;

    AgentSpan(Engine engine, Opening opening) {
        this.engine = engine;
        this.type = opening.type();
        this.span = opening.span();
        this.session = opening.session();
        this.lineage = opening.lineage();
        this.startNanos = opening.startNanos();
        this.ttlNanos = opening.ttlNanos();
        this.parent = opening.parent();
        this.cancelSignal = opening.cancelSignal();
        this.activeNanos = startNanos;
        this.context = opening.context().with(KEY, this);
    }

    static @Nullable AgentSpan fromContext(Context context) {
        return context.get(KEY);
    }

    /** The Context of what happens inside: this span, its session, and all that was current when it started. */
    public final Context context() {
        return context;
    }

    /** As {@code context().makeCurrent()}. Close it on the same thread, before the span ends. */
    public final Scope makeCurrent() {
        return engine.current(context);
    }

    public final SpanContext spanContext() {
        return span().getSpanContext();
    }

    /** Id of the session that the span belongs to, fixed when it started; null if there is none. */
    public final @Nullable String session() {
        return session;
    }

    /**
     * Adds an attribute of the program's. Names of docs/telemetry-reference.md are the library's: an attribute of such a
     * name, whatever its type, is left out and a diagnostic says so. One that holds content is left out too.
     */
    public final <T> void attribute(AttributeKey<T> key, T value) {
        if (engine.admits(key)) {
            engine.quietly("An attribute could not be set", () -> span().setAttribute(key, value));
        }
    }

    /** Tells the safety net that something is still going on here. What starts or ends inside does so on its own. */
    public final void touch() {
        touch(engine.open().now());
    }

    private void touch(long now) {
        for (AgentSpan span = this; span != null; span = span.parent()) {
            span.activeNanos = now;
        }
    }

    /** It did what it was for; or was cancelled, if {@link AgentSpanBuilder#cancelledWhen} says so. */
    public final void completed() {
        end(Ending.of(Boolean.TRUE.equals(isCancelled()) ? Outcome.CANCELLED : Outcome.COMPLETED));
    }

    /**
     * It ended with this exception: as timed out or cancelled where the exception says so, else as failed. The span
     * shows its class and stack trace, never its message.
     */
    public final void failed(Throwable failure) {
        Ending ending;
        try {
            ending = Ending.of(failure, isCancelled());
        } catch (Throwable e) { // getCause() and getMessage() are the program's
            ending = new Ending(Outcome.FAILED, null, null, failure, null);
        }
        end(ending);
    }

    /** @param errorType a word of few different ones, for {@code error.type} */
    public final void failed(String errorType) {
        end(Ending.failed(errorType, null));
    }

    /**
     * It did not do what it was for, and nobody stopped it.
     *
     * @param errorType a word of few different ones, for {@code error.type}
     * @param message the program's own words; shown without credentials and control characters, at most 1024 long. No
     *     content, and nothing that a model service said
     */
    public final void failed(String errorType, String message) {
        end(Ending.failed(errorType, message));
    }

    /** The program or its user stopped it. This is no error. */
    public final void cancelled() {
        end(Ending.of(Outcome.CANCELLED));
    }

    /** A time limit of the program stopped it. */
    public final void timedOut() {
        end(new Ending(Outcome.TIMED_OUT, "timeout", null, null, null));
    }

    /** Ends it as interrupted, neither success nor error, if nobody has said how it ended. */
    @Override
    public final void close() {
        if (!isEnded()) {
            end(Ending.of(Outcome.INTERRUPTED));
        }
    }

    public final boolean isEnded() {
        return ended != 0;
    }

    /** Names type, outcome and ids; no content. */
    @Override
    public final String toString() {
        return type.referenceName
                + '{'
                + spanContext().getTraceId()
                + '/'
                + spanContext().getSpanId()
                + (isEnded() ? ", ended}" : "}");
    }

    final Span span() {
        return span;
    }

    final long startNanos() {
        return startNanos;
    }

    /** The innermost span of ours around it that is open, or was when this one ended. */
    final @Nullable AgentScope parent() {
        return parent;
    }

    @Nullable
    Lineage lineage() {
        return lineage;
    }

    /** The span that others started in here stand in. */
    @Nullable
    AgentScope owner() {
        return parent();
    }

    /** As {@link #touch()}, but for the spans around it: those get it when a sweep comes by. */
    final void active(long now) {
        ACTIVE.lazySet(this, now);
    }

    /** What was active inside a span was activity of the span. */
    final void passOnActivity() {
        long latest = activeNanos;
        for (AgentSpan span = parent(); span != null; span = span.parent()) {
            if (latest - span.activeNanos > 0) {
                span.activeNanos = latest;
            }
        }
    }

    final long idleNanos(long now) {
        return now - activeNanos;
    }

    final long ttlNanos() {
        return ttlNanos;
    }

    final @Nullable BooleanSupplier cancelSignal() {
        return cancelSignal;
    }

    final void started() {
        engine.quietly("A span could not be registered; the safety net does not know it", () -> engine.open()
                .add(this, startNanos));
        touch(startNanos);
        engine.quietly("The sweep could not be scheduled; it runs when spans start", engine.open()::schedule);
    }

    final void end(Ending told) {
        Ending ending = settled(told);
        if (!ENDED.compareAndSet(this, 0, 1)) {
            cameLate(ending.outcome());
            return;
        }
        abandoned = ending.outcome() == Outcome.ABANDONED;
        long nanos = engine.open().now() - startNanos;
        engine.open().remove(this);
        String errorType = errorType(ending);
        engine.quietly("Attributes could not be set at the end of a span", () -> write(ending, errorType, nanos));
        engine.quietly("The status of a span could not be set", () -> status(ending));
        engine.quietly("A span could not be ended", span()::end);
        AgentScope around = parent;
        if (around != null && !abandoned) {
            around.touch();
        }
        // A handle that has ended keeps nobody who has ended too, or a chain of them would grow for ever.
        parent = around == null ? null : around.firstOpen();
        cancelSignal = null;
        onEnded(ending, errorType, nanos);
        if (abandoned) {
            engine.diagnostics()
                    .accept(type.referenceName + " was never ended; the safety net did. " + howToEnd(), null);
        }
    }

    /** What a program should do, so that it does not happen again. */
    String howToEnd() {
        return "End each span, or run it by call(...), which does";
    }

    private void cameLate(Outcome outcome) {
        if (abandoned && outcome != Outcome.INTERRUPTED && outcome != Outcome.ABANDONED) {
            engine.diagnostics()
                    .accept(
                            type.referenceName + " ended as " + outcome.value()
                                    + " after the safety net had ended it; a longer timeToLive or touch() keeps it",
                            null);
        }
    }

    /** How it ends, as far as this type of span knows better. */
    Ending settled(Ending ending) {
        return ending;
    }

    /** What this type of span shows at its end, besides outcome, success, duration and error. */
    void onEnding(Ending ending) {}

    /** After the span has ended: each step by itself, in {@code engine.quietly}. */
    void onEnded(Ending ending, @Nullable String errorType, long nanos) {}

    Attribute durationAttribute() {
        return Attribute.DURATION_MS;
    }

    /** Whether an error shows in the status; it does in the attributes. */
    boolean showsErrors() {
        return true;
    }

    /** Whether the class of an exception is the error type. Else it is the one word of the type of span. */
    boolean namesExceptions() {
        return true;
    }

    final void set(Attribute attribute, @Nullable String value) {
        if (value != null) {
            span().setAttribute(attribute.<String>key(), attribute.shown(value));
        }
    }

    final void set(Attribute attribute, boolean value) {
        span().setAttribute(attribute.<Boolean>key(), value);
    }

    final void set(Attribute attribute, long value) {
        span().setAttribute(attribute.<Long>key(), value);
    }

    final void set(Attribute attribute, double value) {
        span().setAttribute(attribute.<Double>key(), value);
    }

    private @Nullable String errorType(Ending ending) {
        if (!ending.outcome().isError()) {
            return null;
        }
        if (ending.errorType() != null) {
            return ending.errorType();
        }
        Throwable failure = ending.failure();
        return failure != null && namesExceptions() ? failure.getClass().getName() : type.errorType;
    }

    private void write(Ending ending, @Nullable String errorType, long nanos) {
        Outcome outcome = ending.outcome();
        set(Attribute.OUTCOME, outcome.value());
        set(Attribute.SUCCESS, outcome == Outcome.COMPLETED);
        set(durationAttribute(), nanos / 1_000_000);
        if (outcome != Outcome.COMPLETED) {
            String message = Text.error(ending.message());
            set(Attribute.ERROR, message != null ? message : fixedText(outcome));
        }
        set(Attribute.ERROR_TYPE, errorType);
        if (outcome == Outcome.ABANDONED) {
            set(Attribute.TTL_EXPIRED, true);
            set(Attribute.SPAN_DURATION_MS, nanos / 1_000_000);
        }
        onEnding(ending);
        if (ending.failure() != null) {
            ExceptionEvent.add(span(), ending.failure());
        }
    }

    private void status(Ending ending) {
        if (ending.outcome().isError() && showsErrors()) {
            span().setStatus(StatusCode.ERROR, fixedText(ending.outcome()));
        }
    }

    private String fixedText(Outcome outcome) {
        return type.referenceName + ' ' + outcome.value().replace('_', ' ');
    }

    private @Nullable Boolean isCancelled() {
        BooleanSupplier signal = cancelSignal();
        if (signal == null) {
            return null;
        }
        try {
            return signal.getAsBoolean();
        } catch (Throwable e) { // the signal is the program's
            engine.diagnostics().accept("The cancel signal of a span failed", e);
            return null;
        }
    }
}
