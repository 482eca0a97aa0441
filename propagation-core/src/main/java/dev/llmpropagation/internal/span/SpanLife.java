package dev.llmpropagation.internal.span;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.Scope;
import java.lang.ref.WeakReference;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One span from its start to its end: the part that is the same for every span of an agent and of a daemon. Each of their
 * handles has one. It ends once, on whichever thread: the first who says how counts. Thread-safe, and nothing here throws
 * but what the program's own body throws.
 *
 * @param <H> the handle that the program holds
 */
public final class SpanLife<H> implements AttributeSink {

    /** Does the work of a span. */
    @FunctionalInterface
    public interface Work<T extends @Nullable Object, E extends Exception> {
        T call() throws E;
    }

    private final OpenSpans registry;
    private final Instrumentation instrumentation;
    private final String name;
    private final Span span;
    private final boolean owned;
    private final ContextKey<? super SpanLife<H>> key;
    private final H handle;
    private final SpanCallbacks callbacks;
    private final long startNanos;
    private final long ttlNanos;
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile Context context;
    private volatile @Nullable SpanLife<H> around;
    private volatile @Nullable BooleanSupplier cancelSignal;
    private volatile boolean abandoned;
    private volatile long activeNanos;
    private volatile boolean running;
    private volatile @Nullable WeakReference<CompletionStage<?>> pending;

    /** @param key finds the span in the Context of what happens inside */
    public SpanLife(StartedSpan<H> started, ContextKey<? super SpanLife<H>> key, H handle, SpanCallbacks callbacks) {
        this.registry = started.registry();
        this.instrumentation = registry.instrumentation();
        this.name = started.name();
        this.span = started.span();
        this.owned = started.owned();
        this.key = key;
        this.handle = handle;
        this.callbacks = callbacks;
        this.startNanos = instrumentation.now();
        this.ttlNanos = started.ttlNanos();
        this.context = started.context().with(key, this);
        this.around = started.around();
        this.cancelSignal = started.cancelSignal();
        this.activeNanos = startNanos;
    }

    /** The handle is complete: from now on the safety net knows of the span. */
    public void started() {
        touch(startNanos); // first: registering can sweep, and the spans around are active now
        instrumentation.quietly(
                "A span could not be registered; the safety net does not know it", () -> registry.add(this));
        instrumentation.quietly("The sweep could not be scheduled; it runs when spans start", registry::schedule);
    }

    /** Runs the last steps before the program gets the handle. A fatal error in them ends the span: nobody else can. */
    public void beforeHandedOver(Runnable steps) {
        try {
            steps.run();
        } catch (Error fatal) {
            failed(fatal);
            throw fatal;
        }
    }

    public Instrumentation instrumentation() {
        return instrumentation;
    }

    public H handle() {
        return handle;
    }

    public Span span() {
        return span;
    }

    /** Of what happens inside. */
    public Context context() {
        return context;
    }

    /** Whether this is the innermost span of its kind that this Context is in. */
    public boolean isInnermostIn(Context inside) {
        return inside.get(key) == this;
    }

    boolean isToolCall() {
        return callbacks.isToolCall();
    }

    /** What happens inside from now on has this Context. */
    public void context(Context inside) {
        context = inside;
    }

    public long startNanos() {
        return startNanos;
    }

    public long ttlNanos() {
        return ttlNanos;
    }

    public @Nullable BooleanSupplier cancelSignal() {
        return cancelSignal;
    }

    /** The innermost span of ours around it that is open, or was when this one ended. */
    public @Nullable SpanLife<H> around() {
        return around;
    }

    /** This one, or the innermost around it that has not ended. */
    public @Nullable SpanLife<H> firstOpen() {
        SpanLife<H> open = this;
        while (open != null && open.isEnded()) {
            open = open.around;
        }
        return open;
    }

    public Scope makeCurrent() {
        return instrumentation.current(context);
    }

    /** Runs a step of ours. Whatever it throws, the program's own work goes on. */
    public void quietly(String whatFailed, Runnable step) {
        instrumentation.quietly(whatFailed, step);
    }

    /** Records metrics. As {@link #quietly}. */
    public void measure(Runnable metrics) {
        instrumentation.measure(metrics);
    }

    /** Emits a log event. As {@link #quietly}. */
    public void log(Runnable event) {
        instrumentation.log(event);
    }

    public void tell(String what, @Nullable Throwable cause) {
        instrumentation.diagnostics().report(what, cause);
    }

    /** Shows an attribute; one that is null is left out. */
    @Override
    public <T> void put(AttributeKey<T> key, @Nullable T value) {
        if (value == null) {
            return;
        }
        try {
            span.setAttribute(key, value);
        } catch (Throwable e) { // the SDK and its span processors are the program's
            tell("An attribute could not be set", e);
            Throwables.propagateIfFatal(e);
        }
    }

    /** Something goes on here, and so in the spans around. */
    public void touch() {
        touch(instrumentation.now());
    }

    void touch(long now) {
        for (SpanLife<H> life = this; life != null; life = life.around) {
            life.activeNanos = now;
        }
    }

    /** As {@link #touch()}, but the spans around get to know of it only when a sweep comes by. For each chunk of a stream. */
    public void active(long now) {
        activeNanos = now;
    }

    /** Activity inside a span counts for the span, and so does what holds it open. */
    void passOnActivity(long now) {
        if (isHeld(now) && now - activeNanos > 0) {
            activeNanos = now;
        }
        long latest = activeNanos;
        for (SpanLife<H> life = around; life != null; life = life.around) {
            if (latest - life.activeNanos > 0) {
                life.activeNanos = latest;
            }
        }
    }

    /** A stage that is unreachable cannot complete any more, so it holds nothing open. */
    private boolean isHeld(long now) {
        WeakReference<CompletionStage<?>> stage = pending;
        return running || (stage != null && stage.get() != null) || callbacks.isHeld(now);
    }

    /** A body runs, and will end the span however long it takes; until {@link #left}. */
    public void entered() {
        running = true;
    }

    public void left() {
        running = false;
    }

    /** The span ends when this stage does, if that is still reachable; null for none. */
    void waitsFor(@Nullable CompletionStage<?> stage) {
        pending = stage == null ? null : new WeakReference<>(stage);
    }

    public long idleNanos(long now) {
        return now - activeNanos;
    }

    void sweep(long now) {
        callbacks.onSweep(now);
        if (idleNanos(now) >= ttlNanos) {
            end(Ending.of(Outcome.ABANDONED));
        }
    }

    /** The body returned; or was cancelled, if the program's signal says so. */
    public void completed() {
        Boolean cancelled = null;
        try {
            cancelled = isCancelled();
        } finally {
            end(Ending.of(Boolean.TRUE.equals(cancelled) ? Outcome.CANCELLED : Outcome.COMPLETED));
        }
    }

    /** The body threw: as timed out or cancelled where the exception says so, else as failed. */
    public void failed(Throwable failure) {
        Boolean cancelled = null;
        try {
            cancelled = isCancelled();
        } finally {
            end(Ending.of(failure, cancelled));
        }
    }

    /** Its handle was closed: as interrupted, if nobody has said how it ended. */
    public void close() {
        if (!isEnded()) {
            end(Ending.of(Outcome.INTERRUPTED));
        }
    }

    public boolean isEnded() {
        return ended.get();
    }

    public void end(Ending told) {
        Ending ending = callbacks.howItEnds(told);
        if (!ended.compareAndSet(false, true)) {
            cameLate(ending.outcome());
            return;
        }
        abandoned = ending.outcome() == Outcome.ABANDONED;
        registry.remove(this);
        long nanos = instrumentation.now() - startNanos;
        try {
            quietly("Attributes could not be set at the end of a span", () -> {
                if (abandoned) {
                    Attribute.TTL_EXPIRED.put(this, true);
                    Attribute.SPAN_DURATION_MS.put(this, nanos / 1_000_000);
                }
                callbacks.onEnding(ending, nanos);
            });
            if (owned) {
                quietly("The status of a span could not be set", () -> setStatus(ending.outcome()));
            }
        } finally { // the next step runs also after a fatal error
            try {
                if (owned) {
                    quietly("A span could not be ended", span::end);
                }
            } finally {
                try {
                    callbacks.onEnded(ending, nanos);
                } finally {
                    letGo();
                }
            }
        }
        if (abandoned) {
            tell(name + " was never ended; the safety net did. " + callbacks.howToEnd(), null);
        }
    }

    /** A handle that has ended keeps no other handle that has: a chain of them would grow for ever. */
    private void letGo() {
        SpanLife<H> outer = around;
        if (outer != null) {
            if (!abandoned) {
                outer.touch();
            }
            around = outer.firstOpen();
        }
        cancelSignal = null;
        pending = null;
    }

    private void setStatus(Outcome outcome) {
        String text = outcome.isError() ? callbacks.errorStatus(outcome) : null;
        if (text != null) {
            span.setStatus(StatusCode.ERROR, text);
        }
    }

    private void cameLate(Outcome outcome) {
        if (abandoned && outcome != Outcome.INTERRUPTED && outcome != Outcome.ABANDONED) {
            tell(
                    name + " ended as " + outcome.value()
                            + " after the safety net had ended it; a longer timeToLive or touch() keeps it",
                    null);
        }
    }

    private @Nullable Boolean isCancelled() {
        BooleanSupplier signal = cancelSignal;
        if (signal == null) {
            return null;
        }
        try {
            return signal.getAsBoolean();
        } catch (Throwable e) { // the signal is the program's
            tell("The cancel signal of a span failed", e);
            Throwables.propagateIfFatal(e);
            return null;
        }
    }

    /**
     * Runs this as the current span, which ends by what happens.
     *
     * @throws E what the body throws, unchanged
     */
    public <T extends @Nullable Object, E extends Exception> T call(Work<T, E> body) throws E {
        return new SpanWork(this).call(body);
    }

    /**
     * Calls this as the current span, which ends when the stage does.
     *
     * @return completes as the stage does, after the span has ended; cancelling it cancels the stage as well
     */
    public <T> CompletableFuture<T> callAsync(Supplier<? extends CompletionStage<T>> body) {
        return new SpanWork(this).callAsync(body);
    }

    /** Names type and ids; no content. */
    @Override
    public String toString() {
        return name
                + '{'
                + span.getSpanContext().getTraceId()
                + '/'
                + span.getSpanContext().getSpanId()
                + (isEnded() ? ", ended}" : "}");
    }
}
