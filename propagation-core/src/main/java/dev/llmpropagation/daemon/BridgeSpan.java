package dev.llmpropagation.daemon;

import static java.util.Objects.requireNonNull;
import static kotlin.DeprecationLevel.HIDDEN;

import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.session.SessionIds;
import dev.llmpropagation.span.Ending;
import dev.llmpropagation.span.Outcome;
import dev.llmpropagation.span.Text;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One step between the daemon's clients and the processes of its agents: {@code qwen-code.daemon.bridge}. Its failure is
 * counted once, however many steps it passes through. Thread-safe.
 */
public final class BridgeSpan extends DaemonSpan {

    private static final String KOTLIN = "Kotlin takes the other one: it cannot infer the type of the exception";

    private final BridgeOperation operation;
    private final @Nullable DaemonRequest request;
    private volatile @Nullable BooleanSupplier cancelSignal;
    private volatile @Nullable Throwable counted;

    private BridgeSpan(Span span, @Nullable DaemonSpan around, Context inside, Builder settings) {
        super(settings.engine, span, true, around == null ? null : around.firstOpen(), inside);
        this.operation = settings.operation;
        this.request = around == null ? null : around.request();
        this.cancelSignal = settings.cancelSignal;
    }

    /** It did what it was for; or was cancelled, if {@link Builder#cancelledWhen} says so. */
    public void completed() {
        end(Ending.of(Boolean.TRUE.equals(isCancelled()) ? Outcome.CANCELLED : Outcome.COMPLETED));
    }

    /**
     * It ended with this exception: as timed out or cancelled where the exception says so, else as failed. The span shows
     * its class and stack trace, never its message.
     */
    public void failed(Throwable failure) {
        requireNonNull(failure, "failure");
        Ending ending;
        try {
            ending = Ending.of(failure, isCancelled());
        } catch (Throwable e) { // getCause() and getMessage() are the program's
            ending = new Ending(Outcome.FAILED, null, null, failure, null);
        }
        end(ending);
    }

    /**
     * It did not do what it was for.
     *
     * @param error what the metrics count it as, and {@code error.type}
     * @param message the program's own words; shown without credentials and control characters, at most 1024 long
     */
    public void failed(DaemonError error, String message) {
        requireNonNull(error, "error");
        end(new Ending(Outcome.FAILED, error.value(), requireNonNull(message, "message"), null, error));
    }

    /** A time limit of the daemon stopped it. */
    public void timedOut() {
        end(new Ending(Outcome.TIMED_OUT, DaemonError.BRIDGE_TIMEOUT.value(), null, null, DaemonError.BRIDGE_TIMEOUT));
    }

    @Override
    SpanType type() {
        return SpanType.BRIDGE;
    }

    @Override
    @Nullable
    DaemonRequest request() {
        return request;
    }

    @Override
    void onEnding(Ending ending) {}

    @Override
    void forget() {
        cancelSignal = null;
        counted = null;
    }

    @Override
    void onEnded(Ending ending, long nanos) {
        if (operation == BridgeOperation.PROMPT_DISPATCH && ending.outcome() != Outcome.ABANDONED) {
            engine.quietly(
                    "A metric could not be recorded", () -> engine.metrics().prompt(nanos, context()));
            if (ending.outcome() == Outcome.CANCELLED) {
                engine.quietly("A log event could not be emitted", () -> engine.events()
                        .of(Event.PROMPT_CANCELLED, Severity.INFO, this, Attributes.empty()));
            }
        }
        if (operation == BridgeOperation.SESSION_CANCEL) {
            engine.quietly(
                    "A metric could not be recorded", () -> engine.metrics().cancel(context()));
        }
        if (ending.outcome().isError() && !isCounted(ending.failure())) {
            engine.quietly(
                    "A metric could not be recorded", () -> engine.metrics().bridgeError(kind(ending), context()));
            engine.quietly("A log event could not be emitted", () -> log(ending));
        }
    }

    @Override
    String fixedText(Outcome outcome) {
        return operation.value() + ' ' + outcome.value().replace('_', ' ');
    }

    private void log(Ending ending) {
        AttributesBuilder attributes = Attributes.builder()
                .put(Attribute.BRIDGE_OPERATION.key(), operation.value())
                .put(Attribute.ERROR_TYPE.key(), errorType(ending));
        String message = Text.error(ending.message());
        attributes.put(Attribute.ERROR_MESSAGE.key(), message != null ? message : fixedText(ending.outcome()));
        engine.events().of(Event.ERROR, Severity.ERROR, this, attributes.build());
    }

    private static DaemonError kind(Ending ending) {
        if (ending.detail() instanceof DaemonError known) {
            return known;
        }
        DaemonError named = ending.failure() == null ? DaemonError.UNKNOWN : DaemonError.of(ending.failure());
        boolean timeout = named == DaemonError.UNKNOWN && ending.outcome() == Outcome.TIMED_OUT;
        return timeout ? DaemonError.BRIDGE_TIMEOUT : named;
    }

    /** A failure that an inner step has counted passes through the outer ones, maybe inside of another exception. */
    private boolean isCounted(@Nullable Throwable failure) {
        Throwable known = counted;
        for (DaemonSpan outer = parent(); failure != null && outer instanceof BridgeSpan step; outer = step.parent()) {
            step.counted = failure;
            if (step.isEnded()) { // meanwhile
                step.counted = null;
            }
        }
        try {
            Throwable current = failure;
            for (int depth = 0; current != null && depth < 8; depth++) { // a chain of causes can be a ring
                if (current == known) {
                    return true;
                }
                current = current.getCause();
            }
        } catch (Throwable e) { // getCause() is the program's
            engine.diagnostics().accept("The causes of a failure could not be read; it may be counted twice", e);
            return false;
        }
        return false;
    }

    private @Nullable Boolean isCancelled() {
        BooleanSupplier signal = cancelSignal;
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

    /**
     * A step that is about to start. It stands in the span that is current, or in that of its queued prompt. Use a builder
     * once. Not thread-safe; no setter takes null.
     */
    public static final class Builder {

        private final Engine engine;
        private final BridgeOperation operation;
        private final @Nullable Context captured;
        private final long queueWaitNanos;
        private @Nullable String session;
        private @Nullable String promptId;
        private @Nullable String clientId;
        private @Nullable BooleanSupplier cancelSignal;

        /**
         * @param captured null for what is current at the start
         * @param queueWaitNanos negative if there was no queue
         */
        Builder(Engine engine, BridgeOperation operation, @Nullable Context captured, long queueWaitNanos) {
            this.engine = engine;
            this.operation = requireNonNull(operation, "operation");
            this.captured = captured;
            this.queueWaitNanos = queueWaitNanos;
        }

        /** The session; unfit ones are left out. Default: that of the span around, else of the Context. */
        public Builder session(String id) {
            session = requireNonNull(id, "session");
            return this;
        }

        /** The prompt, see {@link DaemonSpan#prompt}. Default: that of the span around. */
        public Builder prompt(String id) {
            promptId = requireNonNull(id, "prompt");
            return this;
        }

        /** The client, see {@link DaemonSpan#client}. Default: that of the span around. */
        public Builder client(String id) {
            clientId = requireNonNull(id, "client");
            return this;
        }

        /**
         * Whether the daemon has cancelled this; asked when the span ends. If so, a result counts as cancelled, and so does
         * an exception that tells of a cancel; any other exception stays a failure. Default: none, and the exception alone
         * decides.
         */
        public Builder cancelledWhen(BooleanSupplier signal) {
            cancelSignal = requireNonNull(signal, "cancelledWhen");
            return this;
        }

        /** Starts the span. It is not made current. Never throws. */
        public BridgeSpan start() {
            Context around = captured != null ? captured : engine.context();
            DaemonSpan parent = fromContext(around);
            String owner = owner(parent, around);
            Context context = owner != null && SessionIds.isFit(owner) ? around.with(LlmSession.of(owner)) : around;
            Span started = Span.getInvalid();
            try {
                started = startSpan(context);
            } catch (Throwable e) { // a span processor of the program's, say
                engine.diagnostics().accept("A span could not be started; the daemon goes on without it", e);
            }
            BridgeSpan step = new BridgeSpan(
                    started, parent, started.getSpanContext().isValid() ? context.with(started) : context, this);
            step.tell(owner, promptId, clientId, parent);
            step.started();
            return step;
        }

        private @Nullable String owner(@Nullable DaemonSpan parent, Context around) {
            String inherited = parent == null ? null : parent.session();
            LlmSession known = LlmSession.fromContext(around);
            return session != null ? session : inherited != null ? inherited : known == null ? null : known.id();
        }

        private Span startSpan(Context context) {
            if (engine.tracer() == null) {
                return Span.getInvalid();
            }
            SpanBuilder builder = engine.tracer()
                    .spanBuilder(SpanType.BRIDGE.spanName)
                    .setParent(context)
                    .setAttribute(Attribute.OPERATION.key(), operation.value())
                    .setAttribute(Attribute.BRIDGE_OPERATION.key(), operation.value());
            if (queueWaitNanos >= 0) {
                builder.setAttribute(Attribute.QUEUE_WAIT.<Long>key(), queueWaitNanos / 1_000_000);
            }
            return builder.startSpan();
        }

        /**
         * Runs this within the span: as the current one, ended as completed when it returns, and by its exception when it
         * throws. The body may end the span before, and so say how.
         *
         * @return what the body returns
         * @throws E what the body throws, unchanged
         */
        @SuppressWarnings("overloads") // Body is the more specific one, so no lambda is ambiguous
        @kotlin.Deprecated(message = KOTLIN, level = HIDDEN)
        public <T extends @Nullable Object, E extends Exception> T call(Body<T, E> body) throws E {
            requireNonNull(body, "body");
            BridgeSpan step = start();
            try {
                T result;
                try (Scope ignored = step.makeCurrent()) {
                    result = body.call(step);
                }
                step.completed();
                return result;
            } catch (Throwable e) {
                step.failed(e);
                throw e;
            }
        }

        /**
         * As {@link #call(Body)}, for Kotlin, which cannot infer the type of an exception. In Java a lambda is always a
         * {@link Body}.
         *
         * @throws Exception what the body throws, unchanged
         */
        @SuppressWarnings("overloads")
        public <T extends @Nullable Object> T call(Work<T> body) throws Exception {
            requireNonNull(body, "body");
            return this.<T, Exception>call(step -> body.call(step));
        }

        /**
         * As {@link #call(Body)}, without a result.
         *
         * @throws E what the body throws, unchanged
         */
        @kotlin.Deprecated(message = KOTLIN, level = HIDDEN)
        public <E extends Exception> void run(Action<E> body) throws E {
            requireNonNull(body, "body");
            this.<Boolean, E>call(step -> {
                body.run(step);
                return true;
            });
        }

        /**
         * As {@link #run(Action)}, for Kotlin. In Java a lambda is always an {@link Action}.
         *
         * @throws Exception what the body throws, unchanged
         */
        public void run(Step body) throws Exception {
            requireNonNull(body, "body");
            this.<Exception>run(step -> body.run(step));
        }

        /**
         * Calls this within the span, which ends when the stage does. The span is current while the body runs.
         *
         * @param body what it throws ends the span, and goes on to the caller
         * @return completes as the stage does, after the span has ended; cancelling it cancels the stage as well
         */
        public <T> CompletableFuture<T> callAsync(Function<? super BridgeSpan, ? extends CompletionStage<T>> body) {
            requireNonNull(body, "body");
            BridgeSpan step = start();
            CompletionStage<T> stage;
            try (Scope ignored = step.makeCurrent()) {
                stage = requireNonNull(body.apply(step), "The body returned no stage");
            } catch (Throwable e) {
                step.failed(e);
                throw e;
            }
            CompletableFuture<T> result = new CompletableFuture<>();
            stage.whenComplete((value, failure) -> {
                if (failure == null) {
                    step.completed();
                    result.complete(value);
                } else {
                    step.failed(failure);
                    result.completeExceptionally(failure);
                }
            });
            CompletableFuture<T> unused = result.whenComplete((value, failure) -> {
                if (result.isCancelled()) {
                    step.cancelled();
                    stage.toCompletableFuture().cancel(true);
                }
            });
            return result;
        }
    }

    private void tell(
            @Nullable String owner, @Nullable String prompt, @Nullable String client, @Nullable DaemonSpan around) {
        String promptKnown = prompt != null || around == null ? prompt : around.promptId();
        String clientKnown = client != null || around == null ? client : around.clientId();
        if (owner != null) {
            session(owner);
        }
        if (promptKnown != null) {
            prompt(promptKnown);
        }
        if (clientKnown != null) {
            client(clientKnown);
        }
    }

    /** Does the work of a step. */
    @FunctionalInterface
    public interface Work<T extends @Nullable Object> {
        /**
         * @param step under way and current
         * @throws Exception ends the step, see {@link BridgeSpan#failed(Throwable)}
         */
        T call(BridgeSpan step) throws Exception;
    }

    /** Does the work of a step, without a result. */
    @FunctionalInterface
    public interface Step {
        /**
         * @param step under way and current
         * @throws Exception ends the step, see {@link BridgeSpan#failed(Throwable)}
         */
        void run(BridgeSpan step) throws Exception;
    }

    /** Does the work of a step, and says what it throws. */
    @FunctionalInterface
    public interface Body<T extends @Nullable Object, E extends Exception> extends Work<T> {
        @Override
        T call(BridgeSpan step) throws E;
    }

    /** Does the work of a step, without a result, and says what it throws. */
    @FunctionalInterface
    public interface Action<E extends Exception> extends Step {
        @Override
        void run(BridgeSpan step) throws E;
    }
}
