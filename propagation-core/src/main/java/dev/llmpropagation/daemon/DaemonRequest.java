package dev.llmpropagation.daemon;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.daemon.DaemonMetrics.StatusClass;
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
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One request of a client: {@code qwen-code.daemon.request}. It ends with {@link #responded}, or, as a stream of events,
 * with {@link DaemonStream#closed}. A path that is in no catalogue has a handle without span and metric. Thread-safe.
 */
public final class DaemonRequest extends DaemonSpan {

    /** The attribute of a server's request in which a filter leaves its {@code DaemonRequest}, for {@link #in}. */
    public static final String ATTRIBUTE = "dev.llmpropagation.daemon.request";

    private static final Attributes CALLER = Attributes.of(Attribute.LINK_KIND.key(), "caller");
    private static final int MAX_ID_LENGTH = 256;
    private static final int MAX_HEADER_LENGTH = 128;

    private final Routes.@Nullable Route route;
    private final AtomicReference<@Nullable Ending> error = new AtomicReference<>();
    private final AtomicReference<@Nullable Answer> answer = new AtomicReference<>();
    private volatile int status;
    private final AtomicReference<@Nullable FailedStep> failedStep = new AtomicReference<>();
    private final WaitingPrompts waiting = new WaitingPrompts();
    private volatile boolean dispatchCancelled;
    private volatile boolean answeredLater;
    private volatile boolean stopped;

    /** A step that failed, and of which no record tells yet: the request may have failed for the same reason. */
    private record FailedStep(BridgeSpan step, Ending ending, Instant when) {}

    private volatile @Nullable RuntimePath runtimePath;

    /** What the client gets, said once: a whole answer or none, which ends the request, or a stream, which does so later. */
    private record Answer(boolean isStream, @Nullable StreamLife open) {
        static final Answer WHOLE = new Answer(false, null);
        static final Answer ENDED_STREAM = new Answer(true, null);
    }

    private DaemonRequest(
            DaemonInstruments instruments, Span span, boolean owned, Routes.@Nullable Route route, Context inside) {
        super(
                instruments,
                new StartedSpan<>(
                        instruments.open(),
                        SpanType.DAEMON_REQUEST.referenceName,
                        span,
                        owned,
                        inside,
                        null,
                        instruments.ttlNanos(),
                        null));
        this.route = route;
    }

    /**
     * The request that the current Context is in, however many steps lie between, or null. It may have ended. Outside of
     * the catalogue there is one as well, which makes no span.
     */
    public static @Nullable DaemonRequest current() {
        try {
            return of(Context.current());
        } catch (Throwable e) { // the storage is the program's, and nobody is here to be told
            Throwables.propagateIfFatal(e);
            return null;
        }
    }

    /** The request that this is in, or null. */
    static @Nullable DaemonRequest of(Context context) {
        DaemonSpan span = fromContext(context);
        return span != null && span.request() instanceof DaemonRequest request ? request : null;
    }

    /**
     * The request of a server that hands it to other threads, where none is {@link #current()}.
     *
     * <pre>{@code
     * DaemonRequest request = DaemonRequest.in(http::getAttribute);   // a servlet's, in whatever thread
     * }</pre>
     *
     * @param attributes those of the server's request, by name
     * @return what a filter left there as {@link #ATTRIBUTE}, else that of {@link #current()}
     */
    public static @Nullable DaemonRequest in(Function<? super String, ? extends @Nullable Object> attributes) {
        requireNonNull(attributes, "attributes");
        try {
            return attributes.apply(ATTRIBUTE) instanceof DaemonRequest request ? request : current();
        } catch (Throwable e) { // the server's, which may be done with the request
            Throwables.propagateIfFatal(e);
            return current();
        }
    }

    /**
     * As {@link DaemonTelemetry#queued()}, whatever is current: for a thread of the server that the request was handed to.
     */
    public QueuedPrompt queued() {
        return QueuedPrompt.in(context(), instruments);
    }

    /**
     * The path of the workspace is known now: the span shows the first 16 hex digits of its SHA-256. The last one counts,
     * so leave it out as long as it is not sure.
     */
    public void workspace(@Nullable String path) {
        if (path != null) {
            set(Attribute.WORKSPACE_HASH, Workspaces.hash(path));
        }
    }

    /**
     * How the request came to its process. The last one counts; the duration of the request is told apart by it.
     *
     * @param wait how long it waited for that; shown in milliseconds, 0 if it is negative
     */
    public void runtime(@Nullable RuntimePath path, @Nullable Duration wait) {
        if (path != null) {
            runtimePath = path;
            set(Attribute.RUNTIME_PATH, path.value());
        }
        if (wait != null) {
            set(Attribute.RUNTIME_WAIT, bounded(wait).toMillis());
        }
    }

    /**
     * Something went wrong; {@link #responded} says what the client was told. The first error counts. The span shows the
     * class of the exception, never its message.
     */
    public void error(@Nullable Throwable failure) {
        if (failure == null) {
            error((DaemonError) null, null);
            return;
        }
        error(new Ending(Outcome.FAILED, null, null, unwrapped(failure), null));
    }

    /**
     * Something went wrong; {@link #responded} says what the client was told. The first error counts.
     *
     * @param type shown as {@code error.type}; null for one that is unknown
     * @param message the program's own words, or null; shown without credentials and control characters, at most 1024 long
     */
    public void error(@Nullable DaemonError type, @Nullable String message) {
        errorOf(instruments.errorKinds().of(type == null ? DaemonError.UNKNOWN : type), message);
    }

    /**
     * As {@link #error(DaemonError, String)}.
     *
     * @param kind one of {@link DaemonTelemetryBuilder#errorKinds}; any other word is {@code unknown}
     */
    public void error(@Nullable String kind, @Nullable String message) {
        errorOf(instruments.errorKinds().named(kind), message);
    }

    private void errorOf(ErrorKinds.Kind kind, @Nullable String message) {
        error(failure(Outcome.FAILED, kind, message));
    }

    private void error(Ending ending) {
        error.compareAndSet(null, ending);
        if (isEnded()) { // after that nobody asks
            error.set(null);
        }
    }

    private Throwable unwrapped(Throwable failure) {
        try {
            return Ending.unwrapped(failure);
        } catch (Throwable e) { // getCause() is the program's
            life.tell("The causes of a failure could not be read", e);
            Throwables.propagateIfFatal(e);
            return failure;
        }
    }

    /**
     * The request was answered, which ends it, unless it is a stream by now. 500 and above is an error, with a log record. A
     * request whose prompt was cancelled is so, too.
     *
     * @param statusCode of HTTP; anything else if there was no answer, as the -1 of the JDK's server
     */
    public void responded(int statusCode) {
        if (isAnsweredWhole()) {
            status = statusCode;
            Ending ending = Ending.failed(Integer.toString(statusCode), null); // if a fatal error passes
            try {
                ending = answered(statusCode);
            } finally {
                life.end(ending);
            }
        }
    }

    private Ending answered(int statusCode) {
        Ending known = error.get();
        boolean answered = StatusClass.of(statusCode) != StatusClass.NONE;
        if (stopped) {
            return Ending.of(Outcome.CANCELLED);
        }
        if (known != null && (statusCode >= 500 || !answered)) {
            return known;
        }
        if (answered && statusCode >= 500) {
            FailedStep inside = failedStep.get();
            return inside == null
                    ? Ending.failed(Integer.toString(statusCode), null)
                    : failure(Outcome.FAILED, instruments.errorKinds().of(inside.ending()), null);
        }
        if (dispatchCancelled) {
            return Ending.of(Outcome.CANCELLED);
        }
        return Ending.of(answered ? Outcome.COMPLETED : Outcome.INTERRUPTED);
    }

    /** Nothing is heard of a prompt in a queue, yet the request goes on. */
    void queues(QueuedPrompt prompt) {
        waiting.add(prompt);
    }

    void dispatches(QueuedPrompt prompt) {
        touch();
        waiting.remove(prompt);
    }

    /** A dispatch of this request has ended so. */
    void dispatched(Outcome outcome) {
        dispatchCancelled = outcome == Outcome.CANCELLED;
    }

    /** A step of this request has failed: one record tells of it, and of the request if that fails for it. */
    void stepFailed(BridgeSpan step, Ending ending) {
        tell(failedStep.getAndSet(new FailedStep(step, ending, Instant.now())), 0);
        if (isEnded() || isStream()) { // which may go on for hours
            stepsWentOn();
        }
    }

    /** A step of this request has done what it was for, whatever failed before. */
    void stepsWentOn() {
        tell(failedStep.getAndSet(null), 0);
    }

    private void tell(@Nullable FailedStep failed, int answer) {
        if (failed != null) {
            life.log(() -> failed.step().log(failed.ending(), failed.when(), answered(answer, Attributes.builder())));
        }
    }

    private static AttributesBuilder answered(int answer, AttributesBuilder attributes) {
        return StatusClass.of(answer) == StatusClass.NONE
                ? attributes
                : attributes.put(Attribute.HTTP_STATUS_CODE.<Long>key(), (long) answer);
    }

    private boolean isSame(Ending ending, Ending other) {
        Throwable failure = ending.failure();
        Throwable told = other.failure();
        return (failure == null || told == null)
                ? instruments.errorKinds().of(ending)
                        == instruments.errorKinds().of(other)
                : (isIn(told, failure) || isIn(failure, told));
    }

    private boolean isIn(Throwable outer, Throwable inner) {
        try {
            Throwable current = outer;
            for (int depth = 0; current != null && depth < 8; depth++) { // a chain of causes can be a ring
                if (current == inner) {
                    return true;
                }
                current = current.getCause();
            }
        } catch (Throwable e) { // getCause() is the program's
            Throwables.propagateIfFatal(e);
            life.tell("The causes of a failure could not be read; it may be told twice", e);
        }
        return false;
    }

    /** Somebody will say {@link #responded}, whatever the handler says before. By the thread of the filter. */
    void answeredLater() {
        answeredLater = true;
    }

    /**
     * The handler has returned without an answer: whoever has the request now says how it ends. By the thread of the filter,
     * while any other may say {@link #cancelled}.
     */
    void handedOver() {
        answeredLater = false;
        if (stopped) {
            cancelled();
        }
    }

    /**
     * The answer is a stream of events from now on, with status 200: the span lives until the stream is closed, and the
     * metrics of requests leave it out. Call it when the headers are sent.
     *
     * @param resumeFrom id of the event after which the client wants to go on, or null; at most 256 characters are shown
     * @return one that does nothing, if the request has ended or is a stream already
     */
    public DaemonStream stream(@Nullable String resumeFrom) {
        StreamLife opened = newStream(true);
        DaemonStream handle = opened.handle();
        if (isEnded() || !answer.compareAndSet(null, new Answer(true, opened))) {
            return newStream(false).handle();
        }
        status = 200;
        try {
            set(Attribute.SSE_RESUME_FROM, resumeFrom == null ? null : Text.bounded(resumeFrom, MAX_ID_LENGTH));
            stepsWentOn();
            opened.opened();
        } catch (Error fatal) { // the program gets no stream that it could close
            error(fatal);
            opened.closed(StreamEnd.FAILED);
            throw fatal;
        }
        if (isEnded()) { // the safety net came in between
            opened.abandoned();
        }
        return handle;
    }

    private StreamLife newStream(boolean open) {
        return new StreamLife(this, this::failure, open);
    }

    /** Whether the answer is no stream, and will be none. */
    private boolean isAnsweredWhole() {
        return answer.compareAndSet(null, Answer.WHOLE);
    }

    private boolean isStream() {
        Answer given = answer.get();
        return given != null && given.isStream();
    }

    private @Nullable StreamLife openStream() {
        Answer given = answer.get();
        return given == null ? null : given.open();
    }

    /** How a stream that failed ends. */
    private Ending failure() {
        Ending known = error.get();
        return known != null ? known : Ending.failed("stream", null);
    }

    /** Ends it as interrupted if it was neither answered nor is a stream. */
    @Override
    public void close() {
        if (isAnsweredWhole()) {
            super.close();
        }
    }

    /**
     * The daemon or its client stopped the work, and there was no answer. A stream goes on. Behind {@link HttpServerFilter}
     * the status of the answer is shown all the same.
     */
    @Override
    public void cancelled() {
        if (!isStream()) {
            stopped = true; // before the look: who hands over looks here after he has said so
        }
        if (!(answeredLater && !isStream()) && isAnsweredWhole()) {
            super.cancelled();
        }
    }

    /**
     * As {@link #cancelled()}, and the client was answered. This is no error, whatever the status.
     *
     * @param statusCode of HTTP
     */
    public void cancelled(int statusCode) {
        stopped = true;
        responded(statusCode);
    }

    @Override
    DaemonRequest request() {
        return this;
    }

    @Override
    Routes.@Nullable Route route() {
        return route;
    }

    @Override
    void onEnding(Ending ending) {
        Ending known = error.get();
        if (known != null && !ending.outcome().isError()) { // a 4xx is the client's, yet says why
            set(Attribute.ERROR_TYPE, errorType(known));
            set(Attribute.ERROR_MESSAGE, Text.error(known.message()));
        }
        if (StatusClass.of(status) != StatusClass.NONE) {
            set(Attribute.HTTP_STATUS_CODE, status);
        }
    }

    /** Steps that are under way where this becomes known belong to the session, too: those that made it, say. */
    @Override
    void onSession(String id) {
        DaemonSpan innermost = fromContext(life.instrumentation().context());
        for (SpanLife<DaemonSpan> step = innermost == null ? null : innermost.life;
                step != null;
                step = step.around()) {
            if (step.handle().request() == this && step.handle() != this) {
                step.handle().session(id);
            }
        }
    }

    @Override
    boolean isHeld(long now) {
        StreamLife open = openStream();
        return (open != null && open.canBeClosed()) || !waiting.isEmpty();
    }

    @Override
    void onSweep(long now) {
        StreamLife open = openStream();
        if (open != null) {
            open.endIfLost(now);
        }
    }

    /** The daemon goes down. A stream is closed, which ends the request, too. */
    void shutDown() {
        if (isAnsweredWhole()) {
            life.end(Ending.of(Outcome.CANCELLED));
        }
        StreamLife open = openStream();
        if (open != null) {
            open.closed(StreamEnd.SHUTDOWN);
        }
    }

    @Override
    void onEnded(Ending ending, long nanos) {
        Throwables.inTurn(() -> measure(ending, nanos), () -> tellFailures(ending), this::letGo);
    }

    private void measure(Ending ending, long nanos) {
        Routes.Route known = route;
        if (known != null && !isStream() && ending.outcome() != Outcome.ABANDONED) {
            life.measure(
                    () -> instruments.metrics().request(known, StatusClass.of(status), runtimePath, nanos, context()));
        }
    }

    private void tellFailures(Ending ending) {
        FailedStep inside = failedStep.getAndSet(null);
        boolean failed = route != null && ending.outcome().isError();
        boolean same = failed && inside != null && isSame(ending, inside.ending());
        Throwables.inTurn(() -> tell(inside, same ? status : 0), () -> {
            if (failed && !same) {
                life.log(() -> instruments
                        .events()
                        .error(this, ending, Instant.now(), answered(status, Attributes.builder())));
            }
        });
    }

    private void letGo() {
        error.set(null);
        if (isStream()) {
            answer.set(Answer.ENDED_STREAM);
        }
    }

    @Override
    String fixedText(Outcome outcome) {
        return isStream() ? "stream failed" : status >= 500 ? "HTTP " + status : "no response";
    }

    /** A request that has come. Use a builder once. Not thread-safe. */
    public static final class Builder {

        private final DaemonInstruments instruments;
        private final Instrumentation instrumentation;
        private final Routes.@Nullable Route route;
        private Inbound.Client client = Inbound.Client.NONE;
        private @Nullable String session;

        Builder(DaemonInstruments instruments, @Nullable String method, @Nullable String path) {
            this.instruments = instruments;
            this.instrumentation = instruments.instrumentation();
            this.route =
                    method == null || path == null ? null : instruments.routes().find(method, path);
            this.session = route == null || path == null ? null : route.sessionIn(path);
        }

        /**
         * The headers, for {@code traceparent} and {@code tracestate}; {@link DaemonTelemetryBuilder#inboundTrace} says
         * what they do. Default: none, and the request is the root of its own trace. What cannot be read is no parent.
         *
         * @param getter knows names of headers in any case, and all values of one by {@code getAll}
         */
        public <C> Builder headers(C carrier, TextMapGetter<C> getter) {
            requireNonNull(getter, "getter");
            instrumentation.quietly(
                    "The trace of a client could not be read",
                    () -> client = instruments.inbound().read(carrier, getter));
            return this;
        }

        /**
         * The session that the request is for, as far as it is known before it starts: an id generator that derives the trace
         * from the session, as {@code SessionIdGenerator}, makes the request a part of it. Spans show it only after {@link
         * DaemonSpan#session}. Default: what the path says, see {@link Routes}; one that is unfit is left out.
         */
        public Builder session(@Nullable String id) {
            session = id;
            return this;
        }

        /**
         * Starts the span. It is not made current. If the server span of another instrumentation is current, that one is
         * told what we know, and stays its owner's to end. If one of ours is, this is that one. Never throws.
         */
        public DaemonRequest start() {
            Context current = instrumentation.context();
            if (fromContext(current) instanceof DaemonRequest around && !around.isEnded()) {
                return around;
            }
            DaemonRequest request = openOrGoWithout(current);
            request.life.beforeHandedOver(() -> {
                request.life.started();
                request.complain(client.unreadable());
            });
            return request;
        }

        private DaemonRequest openOrGoWithout(Context current) {
            try {
                return open(current);
            } catch (Throwable e) { // a span processor of the program's, say
                instrumentation.diagnostics().report("A span could not be started; the daemon goes on without it", e);
                Throwables.propagateIfFatal(e);
                return new DaemonRequest(instruments, Span.getInvalid(), true, route, current);
            }
        }

        private DaemonRequest open(Context current) {
            // A thread of the server may still have the session of another request.
            Context clean = LlmSession.fromContext(current) == null ? current : current.with(LlmSession.none());
            Span other = ServerSpans.around(current);
            if (route != null && other != null && other.getSpanContext().isValid()) {
                other.setAttribute(Attribute.DAEMON_OPERATION.key(), "http_request");
                ServerSpans.route(current, other, route.template());
                return new DaemonRequest(instruments, other, false, route, clean);
            }
            boolean joins = instruments.inbound().joins(client.span());
            Span remote = joins ? Span.wrap(client.span()) : Span.getInvalid();
            Tracer tracer = instrumentation.tracer();
            if (tracer == null || route == null) {
                Span passed = client.span().isValid() ? Span.wrap(client.span()) : remote;
                return new DaemonRequest(instruments, Span.getInvalid(), true, route, clean.with(passed));
            }
            SpanBuilder builder = tracer.spanBuilder(SpanType.DAEMON_REQUEST.referenceName)
                    .setSpanKind(instruments.requestKind())
                    .setParent(Context.root().with(remote))
                    .setAttribute(Attribute.DAEMON_OPERATION.key(), "http_request")
                    .setAttribute(Attribute.HTTP_METHOD.key(), route.method())
                    .setAttribute(Attribute.HTTP_ROUTE.key(), route.name());
            if (!joins && client.span().isValid()) {
                builder.addLink(client.span(), CALLER);
            }
            Span started = instrumentation.startRoot(builder, ofSession());
            Context inside = clean.with(started);
            return new DaemonRequest(
                    instruments,
                    started,
                    true,
                    route,
                    instruments.requestKind() == SpanKind.SERVER ? ServerSpans.with(inside, started) : inside);
        }

        /** The root, but for the session: a thread of the server may still have that of another request. */
        private Context ofSession() {
            String known = session;
            return known != null && SessionIds.isFit(known)
                    ? Context.root().with(LlmSession.of(known))
                    : Context.root();
        }
    }

    private void complain(@Nullable String unreadable) {
        if (unreadable != null && route != null && instruments.inbound().mayComplain()) {
            Attributes told =
                    Attributes.of(Attribute.TRACEPARENT_HEADER.key(), Text.bounded(unreadable, MAX_HEADER_LENGTH));
            life.log(() -> instruments.events().of(LogEvent.INVALID_PARENT, Severity.DEBUG, this, told));
        }
    }
}
