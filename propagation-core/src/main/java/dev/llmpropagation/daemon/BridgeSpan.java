package dev.llmpropagation.daemon;

import static java.util.Objects.requireNonNull;
import static kotlin.DeprecationLevel.HIDDEN;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.Instrumentation;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.SpanLife;
import dev.llmpropagation.internal.span.SpanType;
import dev.llmpropagation.internal.span.StartedSpan;
import dev.llmpropagation.internal.span.Text;
import dev.llmpropagation.internal.span.Throwables;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.session.SessionIds;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One step between the daemon's clients and the processes of its agents: {@code qwen-code.daemon.bridge}. Its failure is
 * counted once, however many steps it passes through. Thread-safe.
 */
public final class BridgeSpan extends DaemonSpan {

    private static final String KOTLIN = "Kotlin takes the other one: it cannot infer the type of the exception";

    private static final String ORPHAN =
            "A prompt is dispatched outside of any span, so it is a trace of its own; queue it by"
                    + " request.queued(), or where its request is current";
    private static final long PERSON_NANOS = TimeUnit.DAYS.toNanos(7);
    private static final int MAX_ID_LENGTH = 256;

    private final BridgeOperation operation;
    private final @Nullable DaemonSpan request;
    private volatile @Nullable Throwable counted;
    private volatile @Nullable OpenQuestions questions;

    private BridgeSpan(StartedSpan<DaemonSpan> started, @Nullable DaemonSpan request, Builder settings) {
        super(settings.instruments, started);
        this.operation = settings.operation;
        this.request = request;
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
        String id = requestId == null ? null : Text.bounded(requestId, MAX_ID_LENGTH);
        if (id != null
                && !isEnded()
                && openQuestions().add(id, life.instrumentation().now())) {
            questionEvent("permission.requested", id);
        }
    }

    /** The user has answered: span event {@code permission.answered}. One that is not open is left alone. */
    public void permissionAnswered(@Nullable String requestId) {
        String id = requestId == null ? null : Text.bounded(requestId, MAX_ID_LENGTH);
        if (id != null && openQuestions().remove(id)) {
            life.touch();
            questionEvent("permission.answered", id);
        }
    }

    /** The question was given up: span event {@code permission.cancelled}, and a log record of the same. */
    public void permissionCancelled(@Nullable String requestId) {
        String id = requestId == null ? null : Text.bounded(requestId, MAX_ID_LENGTH);
        if (id != null && openQuestions().remove(id)) {
            life.touch();
            tellCancelled(id);
        }
    }

    private void tellCancelled(String id) {
        questionEvent("permission.cancelled", id);
        life.log(() -> instruments
                .events()
                .of(
                        LogEvent.PERMISSION_CANCELLED,
                        Severity.INFO,
                        this,
                        Attributes.of(Attribute.PERMISSION_ID.key(), id)));
    }

    private void questionEvent(String name, String id) {
        life.quietly("An event could not be added", () -> life.span()
                .addEvent(name, Attributes.of(Attribute.PERMISSION_ID.key(), id)));
    }

    /** Few steps have any. */
    private synchronized OpenQuestions openQuestions() {
        OpenQuestions known = questions;
        if (known == null) {
            known = new OpenQuestions();
            questions = known;
        }
        return known;
    }

    @Override
    boolean isHeld(long now) {
        OpenQuestions known = questions;
        return known != null && known.isAskedSince(now - PERSON_NANOS);
    }

    @Override
    void onEnding(Ending ending) {
        OpenQuestions known = questions;
        if (known != null) {
            known.removeAll().forEach(this::tellCancelled);
            if (known.leftOut() > 0) {
                set(Attribute.PERMISSIONS_LEFT_OUT, known.leftOut());
            }
        }
    }

    BridgeOperation operation() {
        return operation;
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
        Throwables.inTurn(
                () -> life.measure(() -> measure(ending.outcome(), nanos)),
                () -> life.log(() -> tellCancel(ending.outcome())),
                () -> passOn(ending),
                () -> counted = null);
    }

    private void measure(Outcome outcome, long nanos) {
        if (operation == BridgeOperation.PROMPT_DISPATCH && outcome != Outcome.ABANDONED) {
            instruments.metrics().prompt(nanos, context());
        } else if (operation == BridgeOperation.SESSION_CANCEL) {
            instruments.metrics().cancel(context());
        }
    }

    private void tellCancel(Outcome outcome) {
        if (operation == BridgeOperation.PROMPT_DISPATCH && outcome == Outcome.CANCELLED) {
            instruments.events().of(LogEvent.PROMPT_CANCELLED, Severity.INFO, this, Attributes.empty());
        }
    }

    /** To its request, which may end for the same reason. */
    private void passOn(Ending ending) {
        DaemonRequest open = request instanceof DaemonRequest known ? known : null;
        if (open != null && operation == BridgeOperation.PROMPT_DISPATCH) {
            open.dispatched(ending.outcome());
        }
        if (ending.outcome().isError() && !isCounted(ending.failure())) {
            Throwables.inTurn(
                    () -> life.measure(() -> instruments
                            .metrics()
                            .bridgeError(instruments.errorKinds().of(ending), context())),
                    () -> tellFailure(open, ending));
        } else if (ending.outcome() == Outcome.COMPLETED && open != null) {
            open.stepsWentOn();
        }
    }

    private void tellFailure(@Nullable DaemonRequest open, Ending ending) {
        if (open == null) {
            life.log(() -> log(ending, Instant.now(), Attributes.builder()));
        } else {
            open.stepFailed(this, ending);
        }
    }

    void log(Ending ending, Instant when, AttributesBuilder more) {
        instruments.events().error(this, ending, when, more.put(Attribute.BRIDGE_OPERATION.key(), operation.value()));
    }

    @Override
    String fixedText(Outcome outcome) {
        return operation.value() + ' ' + outcome.value().replace('_', ' ');
    }

    /** A failure that an inner step has counted passes through the outer ones, maybe inside of another exception. */
    private boolean isCounted(@Nullable Throwable failure) {
        Throwable known = counted;
        for (SpanLife<DaemonSpan> outer = life.around();
                failure != null && outer != null && outer.handle() instanceof BridgeSpan step;
                outer = outer.around()) {
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
            life.tell("The causes of a failure could not be read; it may be counted twice", e);
            Throwables.propagateIfFatal(e);
            return false;
        }
        return false;
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
            Instrumentation instrumentation = instruments.instrumentation();
            Context current = captured != null ? captured : instrumentation.context();
            DaemonSpan around = fromContext(current);
            tellOfOrphan(around, current);
            String owner = owner(around, current);
            Context context = owner != null && SessionIds.isFit(owner) ? current.with(LlmSession.of(owner)) : current;
            Span started = Span.getInvalid();
            try {
                started = startSpan(instrumentation.tracer(), context);
            } catch (Throwable e) { // a span processor of the program's, say
                instrumentation.diagnostics().report("A span could not be started; the daemon goes on without it", e);
                Throwables.propagateIfFatal(e);
            }
            BridgeSpan step = new BridgeSpan(
                    new StartedSpan<>(
                            instruments.open(),
                            SpanType.DAEMON_BRIDGE.referenceName,
                            started,
                            true,
                            started.getSpanContext().isValid() ? context.with(started) : context,
                            around == null ? null : around.life.firstOpen(),
                            instruments.ttlNanos(),
                            cancelSignal),
                    around == null ? null : around.request(),
                    this);
            step.life.beforeHandedOver(() -> {
                step.tell(owner, promptId, clientId, around);
                step.life.started();
            });
            return step;
        }

        /** Steps such as the start of a process may stand alone. A prompt comes from somewhere. */
        private void tellOfOrphan(@Nullable DaemonSpan parent, Context context) {
            if (operation == BridgeOperation.PROMPT_DISPATCH
                    && parent == null
                    && instruments.instrumentation().tracer() != null
                    && !Span.fromContext(context).getSpanContext().isValid()) {
                instruments.instrumentation().diagnostics().report(ORPHAN, null);
            }
        }

        private @Nullable String owner(@Nullable DaemonSpan parent, Context around) {
            String inherited = parent == null ? null : parent.session();
            LlmSession known = LlmSession.fromContext(around);
            return session != null ? session : inherited != null ? inherited : known == null ? null : known.id();
        }

        private Span startSpan(@Nullable Tracer tracer, Context context) {
            if (tracer == null) {
                return Span.getInvalid();
            }
            SpanBuilder builder = tracer.spanBuilder(SpanType.DAEMON_BRIDGE.referenceName)
                    .setParent(context)
                    .setAttribute(Attribute.DAEMON_OPERATION.key(), operation.value())
                    .setAttribute(Attribute.BRIDGE_OPERATION.key(), operation.value());
            if (queueWaitNanos >= 0) {
                builder.setAttribute(Attribute.QUEUE_WAIT.<Long>key(), queueWaitNanos / 1_000_000);
            }
            if (Span.fromContext(context).getSpanContext().isValid()) {
                return builder.startSpan();
            }
            return instruments.instrumentation().startRoot(builder, context);
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
            return step.life.callAsync(() -> body.apply(step));
        }
    }

    private void tell(
            @Nullable String owner, @Nullable String prompt, @Nullable String client, @Nullable DaemonSpan around) {
        session(owner);
        prompt(prompt != null || around == null ? prompt : around.promptId());
        client(client != null || around == null ? client : around.clientId());
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
