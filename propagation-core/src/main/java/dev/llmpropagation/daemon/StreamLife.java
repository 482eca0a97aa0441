package dev.llmpropagation.daemon;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.SpanLife;
import dev.llmpropagation.internal.span.SpanText;
import dev.llmpropagation.internal.span.Throwables;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.logs.Severity;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A stream of events from its start to its end, as its request knows it. The program has a {@link DaemonStream}; as long as
 * it holds that, the stream can still be written and closed. Thread-safe.
 */
final class StreamLife {

    private static final int MAX_ID_LENGTH = 256;
    private static final int MAX_RECORDS = 20;

    private final DaemonSpan request;
    private final SpanLife<DaemonSpan> life;
    private final RequestOutcome outcome;
    private final DaemonInstruments instruments;
    private final String id;
    private final AtomicBoolean open;
    private final long openedNanos;
    private final AtomicLong frames = new AtomicLong();
    private final AtomicLong waits = new AtomicLong();
    private final AtomicLong maxWaitNanos = new AtomicLong();
    private final AtomicLong warnings = new AtomicLong();
    private final AtomicLong publishFailures = new AtomicLong();
    private final AtomicLong records = new AtomicLong();
    private volatile @Nullable String lastEvent;
    private volatile @Nullable WeakReference<Object> handle;

    /** @param open false for one that does nothing */
    StreamLife(DaemonSpan request, RequestOutcome outcome, boolean open) {
        this.request = request;
        this.life = request.life;
        this.outcome = outcome;
        this.instruments = request.instruments;
        this.id = request.spanContext().getSpanId();
        this.open = new AtomicBoolean(open);
        this.openedNanos = life.instrumentation().now();
    }

    String id() {
        return id;
    }

    /** The program can write and close the stream as long as it holds this. */
    void heldBy(Object handed) {
        handle = new WeakReference<>(handed);
    }

    /**
     * Makes this the response of its request. False if the request has another, or has ended.
     *
     * @param resumeFrom see {@link DaemonRequest#stream}
     */
    boolean opensAs(DaemonResponse response, @Nullable String resumeFrom) {
        if (request.isEnded() || !becomes(response)) {
            return false;
        }
        response.status(200);
        try {
            Throwables.inTurn(
                    () -> request.set(
                            Attribute.SSE_RESUME_FROM,
                            resumeFrom == null ? null : SpanText.line(resumeFrom, MAX_ID_LENGTH)),
                    outcome::stepsWentOn,
                    this::tellOpened);
        } catch (Error fatal) { // the program gets no stream that it could close
            outcome.say(fatal);
            closed(StreamEnd.FAILED);
            throw fatal;
        }
        if (request.isEnded()) { // the safety net ended it in between
            abandoned();
        }
        return true;
    }

    /** Counts it first: as soon as it is the response, any thread may close it, which counts it down. */
    private boolean becomes(DaemonResponse response) {
        instruments.streams().incrementAndGet();
        boolean becomes = response.becomes(this);
        if (!becomes) {
            instruments.streams().decrementAndGet();
        }
        return becomes;
    }

    /** Tells that it was opened, unless it was closed in between, as by the end of the daemon. */
    private void tellOpened() {
        if (open.get()) {
            life.put(Attribute.SSE_STREAM_ID.key(), id);
            request.tell(LogEvent.STREAM_OPENED, Severity.INFO, Attributes.empty());
        }
    }

    void wrote(@Nullable String eventId) {
        request.touch();
        frames.incrementAndGet();
        if (eventId != null) {
            lastEvent = eventId;
        }
    }

    void waited(Duration time) {
        request.touch();
        waits.incrementAndGet();
        maxWaitNanos.accumulateAndGet(DaemonSpan.bounded(time).toNanos(), Math::max);
    }

    void touch() {
        request.touch();
    }

    void slow() {
        if (open.get()) {
            warnings.incrementAndGet();
            befell(StreamEvent.SLOW_CLIENT, LogEvent.STREAM_SLOW, Attributes.builder());
        }
    }

    void resyncRequired() {
        if (open.get()) {
            befell(StreamEvent.RESYNC_REQUIRED, LogEvent.STREAM_RESYNC, Attributes.builder());
        }
    }

    void reconnected(@Nullable String previous, @Nullable StreamEnd why) {
        if (open.get()) {
            String shown = previous == null ? null : SpanText.line(previous, MAX_ID_LENGTH);
            String reason = why == null ? null : why.value();
            life.put(Attribute.SSE_PREVIOUS_STREAM_ID.key(), shown);
            life.put(Attribute.SSE_RECONNECT_REASON.key(), reason);
            AttributesBuilder told = Attributes.builder();
            if (shown != null) {
                told.put(Attribute.SSE_PREVIOUS_STREAM_ID.key(), shown);
            }
            if (reason != null) {
                told.put(Attribute.SSE_RECONNECT_REASON.key(), reason);
            }
            befell(StreamEvent.RECONNECTED, LogEvent.STREAM_RECONNECTED, told);
        }
    }

    void publishFailed(@Nullable Throwable failed) {
        if (open.get()) {
            publishFailures.incrementAndGet();
            Ending ending = new Ending(Outcome.FAILED, null, null, failed, null);
            AttributesBuilder told = Attributes.builder()
                    .put(
                            Attribute.ERROR_TYPE.key(),
                            instruments.errorKinds().of(ending).name());
            if (failed != null) {
                Attribute.EXCEPTION_TYPE.put(told::put, failed.getClass().getName());
            }
            befell(StreamEvent.PUBLISH_FAILED, LogEvent.STREAM_PUBLISH_FAILED, told);
        }
    }

    /** Counts what happened, and writes a log record unless there were too many. */
    private void befell(StreamEvent what, LogEvent event, AttributesBuilder more) {
        life.measure(() -> instruments.metrics().stream(what, request.context()));
        if (records.incrementAndGet() <= MAX_RECORDS) {
            request.tell(
                    event,
                    what.severity(),
                    more.put(Attribute.SSE_STREAM_ID.key(), id).build());
        }
    }

    /** Shown on the prompts of the session as well, since nobody receives their events any more. */
    private void evicted() {
        Attributes told = Attributes.of(Attribute.SSE_STREAM_ID.key(), id);
        String session = request.session();
        List<DaemonSpan> prompts = instruments.open().handles(DaemonSpan.class).stream()
                .filter(step -> step.isDispatch() && session != null && session.equals(step.session()))
                .toList();
        DaemonSpan place = prompts.isEmpty() ? request : prompts.get(0);
        Throwables.inTurn(
                () -> life.measure(() -> instruments.metrics().stream(StreamEvent.EVICTED, request.context())),
                () -> Throwables.forAll(
                        prompts,
                        step -> life.quietly(
                                "An event could not be added",
                                () -> step.life.span().addEvent("sse.evicted", told))),
                () -> place.tell(LogEvent.STREAM_EVICTED, Severity.WARN, told));
    }

    void closed(StreamEnd reason) {
        close(
                reason.value(),
                switch (reason) {
                    case COMPLETED -> Ending.of(Outcome.COMPLETED);
                    case CLIENT_CLOSED -> Ending.of(Outcome.INTERRUPTED);
                    case EVICTED, SHUTDOWN -> Ending.of(Outcome.CANCELLED);
                    case FAILED -> outcome.saidOr("stream");
                });
    }

    /** A client may be silent for any time, so the stream stays open for as long as the program can close it. */
    boolean canBeClosed() {
        WeakReference<Object> known = handle;
        return open.get() && known != null && known.get() != null;
    }

    /** Ends it if the program cannot close it any more, and nothing has happened for the time to live. */
    void endIfLost(long now) {
        if (!canBeClosed() && life.idleNanos(now) >= life.ttlNanos()) {
            abandoned();
        }
    }

    private void abandoned() {
        close(Outcome.ABANDONED.value(), Ending.of(Outcome.ABANDONED));
    }

    private void close(String reason, Ending ending) {
        if (!open.compareAndSet(true, false)) {
            return;
        }
        instruments.streams().decrementAndGet();
        Throwables.inTurn(
                () -> life.quietly("The end of a stream could not be told", () -> tellClosed(reason)),
                () -> life.end(ending));
    }

    private void tellClosed(String reason) {
        Attributes told = told(reason);
        Throwables.inTurn(
                () -> {
                    if (reason.equals(StreamEnd.EVICTED.value())) {
                        evicted();
                    }
                },
                () -> life.quietly("Attributes could not be set at the end of a span", () -> life.span()
                        .setAllAttributes(told)),
                () -> request.tell(LogEvent.STREAM_CLOSED, Severity.INFO, told));
    }

    private Attributes told(String reason) {
        long nanos = life.instrumentation().now() - openedNanos;
        AttributesBuilder attributes = Attributes.builder()
                .put(Attribute.SSE_DURATION.<Long>key(), nanos / 1_000_000)
                .put(Attribute.SSE_FRAMES.<Long>key(), frames.get())
                .put(Attribute.SSE_BACKPRESSURE.<Long>key(), waits.get())
                .put(Attribute.SSE_MAX_DRAIN.<Long>key(), maxWaitNanos.get() / 1_000_000)
                .put(Attribute.SSE_SLOW.<Long>key(), warnings.get())
                .put(Attribute.SSE_PUBLISH_FAILURES.<Long>key(), publishFailures.get())
                .put(Attribute.SSE_STREAM_ID.key(), id)
                .put(Attribute.SSE_CLOSE_REASON.key(), reason);
        String last = lastEvent;
        if (last != null) {
            attributes.put(Attribute.SSE_LAST_EVENT.key(), SpanText.line(last, MAX_ID_LENGTH));
        }
        return attributes.build();
    }
}
