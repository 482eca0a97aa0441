package dev.llmpropagation.daemon;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.daemon.DaemonMetrics.StatusClass;
import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.SpanLife;
import dev.llmpropagation.internal.span.SpanText;
import dev.llmpropagation.internal.span.SpanType;
import dev.llmpropagation.internal.span.Throwables;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One request of a client: {@code qwen-code.daemon.request}. It ends with {@link #responded}, or, as a stream of events,
 * with {@link DaemonStream#closed}. A path that is in no catalogue has a handle without span and metric. Thread-safe.
 */
public final class DaemonRequest extends DaemonSpan {

    /** The attribute of a server's request in which a filter leaves its {@code DaemonRequest}, for {@link #in}. */
    public static final String ATTRIBUTE = "dev.llmpropagation.daemon.request";

    private final Routes.@Nullable Route route;
    private final DaemonResponse response = new DaemonResponse();
    private final RequestOutcome outcome;
    private final WaitingPrompts waiting;
    private volatile @Nullable RuntimePath runtimePath;

    /** @param route null outside of the catalogue */
    private DaemonRequest(DaemonInstruments instruments, RequestStart start, Routes.@Nullable Route route) {
        super(instruments, SpanType.DAEMON_REQUEST, start.span(), start.owned(), start.inside(), null, null);
        this.route = route;
        this.outcome = new RequestOutcome(instruments, life, response);
        this.waiting = new WaitingPrompts(life);
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
        } catch (Throwable e) { // thrown by the server, which may have released the request
            Throwables.propagateIfFatal(e);
            return current();
        }
    }

    /**
     * As {@link DaemonTelemetry#queued()}, whatever is current: for a thread of the server that the request was handed to.
     */
    public QueuedPrompt queued() {
        return QueuedPrompt.in(context(), instruments, waiting);
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
        outcome.say(failure);
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
        outcome.say(failure(Outcome.FAILED, kind, message));
    }

    /**
     * The request was answered, which ends it, unless it is a stream by now. 500 and above is an error, with a log
     * record. A request whose prompt was cancelled is so, too.
     *
     * @param statusCode of HTTP; anything else if there was no response, as the -1 of the JDK's server
     */
    public void responded(int statusCode) {
        if (response.becomesWhole()) {
            response.status(statusCode);
            Ending ending = Ending.failed(Integer.toString(statusCode), null); // if a fatal error passes
            try {
                ending = outcome.ending();
            } finally {
                life.end(ending);
            }
        }
    }

    /** The handler threw this, and what the client got of a response may be a part of it. Ends it as {@link #responded}. */
    void threw(Throwable failure, int statusCode) {
        outcome.threw(failure);
        responded(statusCode);
    }

    WaitingPrompts waiting() {
        return waiting;
    }

    /** Somebody will call {@link #responded}, whatever the handler does before. Called by the thread of the filter. */
    void respondsLater() {
        response.isAwaited(true);
    }

    /**
     * The handler has returned without a response: whoever has the request now says how it ends. Called by the thread
     * of the filter, while another may call {@link #cancelled}.
     */
    void handedOver() {
        response.isAwaited(false);
        if (response.isStopped()) {
            cancelled();
        }
    }

    /**
     * The response is a stream of events from now on, with status 200: the span lives until the stream is closed, and
     * the metrics of requests leave it out. Call it when the headers are sent.
     *
     * @param resumeFrom id of the event after which the client wants to go on, or null; at most 256 characters are
     *     shown
     * @return one that does nothing, if the request has ended or is a stream already
     */
    public DaemonStream stream(@Nullable String resumeFrom) {
        StreamLife opened = new StreamLife(this, outcome, true);
        DaemonStream stream = new DaemonStream(opened);
        return opened.opensAs(response, resumeFrom) ? stream : new DaemonStream(new StreamLife(this, outcome, false));
    }

    /** Ends it as interrupted if it was neither answered nor is a stream. */
    @Override
    public void close() {
        if (response.becomesWhole()) {
            super.close();
        }
    }

    /**
     * The daemon or its client stopped the work, and there was no response. A stream goes on. Behind
     * {@link HttpServerFilter} the status of the response is shown all the same.
     */
    @Override
    public void cancelled() {
        if (response.stopsAtOnce()) {
            super.cancelled();
        }
    }

    /**
     * As {@link #cancelled()}, and the client was answered. This is no error, whatever the status.
     *
     * @param statusCode of HTTP
     */
    public void cancelled(int statusCode) {
        response.stop();
        responded(statusCode);
    }

    @Override
    DaemonRequest request() {
        return this;
    }

    @Override
    RequestOutcome outcome() {
        return outcome;
    }

    @Override
    Routes.@Nullable Route route() {
        return route;
    }

    @Override
    void onEnding(Ending ending) {
        Ending known = outcome.said();
        if (known != null && !ending.outcome().isError()) { // a 4xx is no error of the daemon, but its reason is shown
            set(Attribute.ERROR_TYPE, errorType(known));
            set(Attribute.ERROR_MESSAGE, SpanText.error(known.message()));
        }
        if (response.hasStatus()) {
            set(Attribute.HTTP_STATUS_CODE, response.status());
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
        StreamLife open = response.stream();
        return (open != null && open.canBeClosed()) || !waiting.isEmpty();
    }

    @Override
    void onSweep(long now) {
        StreamLife open = response.stream();
        if (open != null) {
            open.endIfLost(now);
        }
    }

    /** The daemon goes down. A stream is closed, which ends the request, too. */
    void shutDown() {
        if (response.becomesWhole()) {
            life.end(Ending.of(Outcome.CANCELLED));
        }
        StreamLife open = response.stream();
        if (open != null) {
            open.closed(StreamEnd.SHUTDOWN);
        }
    }

    @Override
    void onEnded(Ending ending, long nanos) {
        boolean failed = route != null && ending.outcome().isError();
        Throwables.inTurn(
                () -> measure(ending, nanos),
                () -> outcome.tellAtTheEnd(this, ending, failed),
                outcome::letGo,
                response::letGo);
    }

    private void measure(Ending ending, long nanos) {
        Routes.Route known = route;
        if (known != null && !response.isStream() && ending.outcome() != Outcome.ABANDONED) {
            life.measure(() -> instruments
                    .metrics()
                    .request(known, StatusClass.of(response.status()), runtimePath, nanos, context()));
        }
    }

    @Override
    String fixedText(Outcome outcome) {
        int status = response.status();
        if (response.isStream()) {
            return "stream failed";
        }
        return status >= 500 ? "HTTP " + status : response.hasStatus() ? "response broken off" : "no response";
    }

    /** A request that has come. Use a builder once. Not thread-safe. */
    public static final class Builder {

        private static final int MAX_HEADER_LENGTH = 128;

        private final DaemonInstruments instruments;
        private final Routes.@Nullable Route route;
        private Inbound.Client client = Inbound.Client.NONE;
        private @Nullable String session;

        Builder(DaemonInstruments instruments, @Nullable String method, @Nullable String path) {
            this.instruments = instruments;
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
            instruments
                    .instrumentation()
                    .quietly(
                            "The trace of a client could not be read",
                            () -> client = instruments.inbound().read(carrier, getter));
            return this;
        }

        /**
         * The session that the request is for, as far as it is known before it starts: an id generator that derives the trace
         * from the session, as {@code SessionIdGenerator}, makes the request a part of it. Spans show it only after {@link
         * DaemonSpan#session}. Default: what the path says, see {@link Routes}; one that is unfit is left out.
         * Null is none, whatever the path says.
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
            Context current = instruments.instrumentation().context();
            if (fromContext(current) instanceof DaemonRequest around && !around.isEnded()) {
                return around;
            }
            DaemonRequest request = new DaemonRequest(
                    instruments, RequestStart.of(instruments, route, client.span(), session, current), route);
            request.life.beforeHandedOver(() -> {
                request.life.started();
                complain(request);
            });
            return request;
        }

        private void complain(DaemonRequest request) {
            String unreadable = client.unreadable();
            if (unreadable != null && route != null && instruments.inbound().mayComplain()) {
                request.tell(
                        LogEvent.INVALID_PARENT,
                        Severity.DEBUG,
                        Attributes.of(
                                Attribute.TRACEPARENT_HEADER.key(), SpanText.line(unreadable, MAX_HEADER_LENGTH)));
            }
        }
    }
}
