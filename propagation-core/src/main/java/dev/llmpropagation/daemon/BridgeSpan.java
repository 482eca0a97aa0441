package dev.llmpropagation.daemon;

import static java.util.Objects.requireNonNull;
import static kotlin.DeprecationLevel.HIDDEN;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.SpanType;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.context.Context;
import java.time.Instant;
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
    private final StepEnd end;
    private final @Nullable DaemonSpan request;
    private volatile @Nullable StepQuestions questions;

    private BridgeSpan(
            DaemonInstruments instruments,
            StepStart start,
            BridgeOperation operation,
            @Nullable BooleanSupplier cancelSignal) {
        super(
                instruments,
                SpanType.DAEMON_BRIDGE,
                start.span(),
                true,
                start.inside(),
                start.around() == null ? null : start.around().life.firstOpen(),
                cancelSignal);
        this.operation = operation;
        this.end = new StepEnd(this, operation);
        this.request = start.around() == null ? null : start.around().request();
    }

    /** It did what it was for; or was cancelled, if {@link Builder#cancelledWhen} says so. */
    public void completed() {
        life.completed();
    }

    /**
     * It ended with this exception: as timed out or cancelled where the exception says so, else as failed. The span shows
     * its class and stack trace, never its message.
     */
    public void failed(@Nullable Throwable failure) {
        if (failure == null) {
            failed((DaemonError) null, null);
        } else {
            life.failed(failure);
        }
    }

    /**
     * It did not do what it was for.
     *
     * @param error what the metrics count it as, and {@code error.type}; null for one that is unknown
     * @param message the program's own words, or null; shown without credentials and control characters, at most 1024 long
     */
    public void failed(@Nullable DaemonError error, @Nullable String message) {
        failedAs(instruments.errorKinds().of(error == null ? DaemonError.UNKNOWN : error), message);
    }

    /**
     * As {@link #failed(DaemonError, String)}.
     *
     * @param kind one of {@link DaemonTelemetryBuilder#errorKinds}; any other word is {@code unknown}
     */
    public void failed(@Nullable String kind, @Nullable String message) {
        failedAs(instruments.errorKinds().named(kind), message);
    }

    private void failedAs(ErrorKinds.Kind kind, @Nullable String message) {
        life.end(failure(Outcome.FAILED, kind, message));
    }

    /** A time limit of the daemon stopped it. */
    public void timedOut() {
        life.end(failure(Outcome.TIMED_OUT, instruments.errorKinds().of(DaemonError.BRIDGE_TIMEOUT), null));
    }

    /**
     * The process asks the user something; the step waits, which the safety net takes for activity for up to 7 days: span
     * event {@code permission.requested}. Questions that are open when the step ends are cancelled. At most 100 are open at
     * once; the span tells how many more there were, and nothing else of those.
     *
     * @param requestId of which at most 256 characters are shown
     */
    public void permissionRequested(@Nullable String requestId) {
        if (requestId != null && !isEnded()) {
            questions().asked(requestId);
        }
    }

    /** The user has answered: span event {@code permission.answered}. One that is not open is left alone. */
    public void permissionAnswered(@Nullable String requestId) {
        StepQuestions known = questions;
        if (requestId != null && known != null) {
            known.answered(requestId);
        }
    }

    /** The question was given up: span event {@code permission.cancelled}, and a log record of the same. */
    public void permissionCancelled(@Nullable String requestId) {
        StepQuestions known = questions;
        if (requestId != null && known != null) {
            known.cancelled(requestId);
        }
    }

    /** Made for the first question, since few steps have one. */
    private synchronized StepQuestions questions() {
        StepQuestions known = questions;
        if (known == null) {
            known = new StepQuestions(this);
            questions = known;
        }
        return known;
    }

    @Override
    boolean isHeld(long now) {
        StepQuestions known = questions;
        return known != null && known.isHeld(now);
    }

    @Override
    void onEnding(Ending ending) {
        StepQuestions known = questions;
        if (known != null) {
            known.end();
        }
    }

    @Override
    boolean isDispatch() {
        return operation == BridgeOperation.PROMPT_DISPATCH;
    }

    @Override
    @Nullable
    DaemonSpan request() {
        return request;
    }

    @Override
    Routes.@Nullable Route route() {
        return request == null ? null : request.route();
    }

    @Override
    void onEnded(Ending ending, long nanos) {
        end.onEnded(ending, nanos);
    }

    @Override
    void tellError(Ending ending, Instant when, AttributesBuilder more) {
        super.tellError(ending, when, more.put(Attribute.BRIDGE_OPERATION.key(), operation.value()));
    }

    @Override
    String fixedText(Outcome outcome) {
        return operation.value() + ' ' + outcome.value().replace('_', ' ');
    }

    StepEnd end() {
        return end;
    }

    /**
     * A step that is about to start. It stands in the span that is current, or in that of its queued prompt. Use a builder
     * once. Not thread-safe. An id that is null counts as not told.
     */
    public static final class Builder {

        private final DaemonInstruments instruments;
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
        Builder(
                DaemonInstruments instruments,
                BridgeOperation operation,
                @Nullable Context captured,
                long queueWaitNanos) {
            this.instruments = instruments;
            this.operation = requireNonNull(operation, "operation");
            this.captured = captured;
            this.queueWaitNanos = queueWaitNanos;
        }

        /** The session; unfit ones are left out. Default: that of the span around, else of the Context. */
        public Builder session(@Nullable String id) {
            session = id;
            return this;
        }

        /** The prompt, see {@link DaemonSpan#prompt}. Default: that of the span around. */
        public Builder prompt(@Nullable String id) {
            promptId = id;
            return this;
        }

        /** The client, see {@link DaemonSpan#client}. Default: that of the span around. */
        public Builder client(@Nullable String id) {
            clientId = id;
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
            StepStart start = StepStart.of(instruments.instrumentation(), operation, captured, queueWaitNanos, session);
            DaemonSpan around = start.around();
            BridgeSpan step = new BridgeSpan(instruments, start, operation, cancelSignal);
            step.life.beforeHandedOver(() -> {
                step.session(start.session());
                step.prompt(promptId != null || around == null ? promptId : around.promptId());
                step.client(clientId != null || around == null ? clientId : around.clientId());
                step.life.started();
            });
            return step;
        }

        /**
         * Runs this as the step: it is current meanwhile, and ends by what the body does, as completed when that returns. The
         * body may end the step before, and so say how.
         *
         * @return the result of the body
         * @throws E what the body throws, unchanged
         */
        @SuppressWarnings("overloads") // Body is the more specific one, so no lambda is ambiguous
        @kotlin.Deprecated(message = KOTLIN, level = HIDDEN)
        public <T extends @Nullable Object, E extends Exception> T call(Body<T, E> body) throws E {
            requireNonNull(body, "body");
            BridgeSpan step = start();
            return step.life.<T, E>call(() -> body.call(step));
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
         * As {@link #call(Body)}, for a step that has no result.
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
         * As {@link #run(Action)}, for Kotlin. A lambda of Java is always an {@link Action}.
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
         * @return completes as the stage does, after the span has ended. If the program completes it first, the span
         *     ends so, and the stage goes on; cancelling it cancels the stage as well
         */
        public <T> CompletableFuture<T> callAsync(Function<? super BridgeSpan, ? extends CompletionStage<T>> body) {
            requireNonNull(body, "body");
            BridgeSpan step = start();
            return step.life.callAsync(() -> body.apply(step));
        }
    }

    /** Does the work of a step, which is current meanwhile. What it throws ends the step. */
    @FunctionalInterface
    public interface Work<T extends @Nullable Object> {
        T call(BridgeSpan step) throws Exception;
    }

    /** As {@link Work}, without a result. */
    @FunctionalInterface
    public interface Step {
        void run(BridgeSpan step) throws Exception;
    }

    /** As {@link Work}, and it says what it throws. */
    @FunctionalInterface
    public interface Body<T extends @Nullable Object, E extends Exception> extends Work<T> {
        @Override
        T call(BridgeSpan step) throws E;
    }

    /** As {@link Step}, and it says what it throws. */
    @FunctionalInterface
    public interface Action<E extends Exception> extends Step {
        @Override
        void run(BridgeSpan step) throws E;
    }
}
