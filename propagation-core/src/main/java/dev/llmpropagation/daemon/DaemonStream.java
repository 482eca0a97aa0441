package dev.llmpropagation.daemon;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.SpanLife;
import dev.llmpropagation.internal.span.Text;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.logs.Severity;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A stream of events to a client. It counts as active until {@link #closed}, which ends the span of its request as well.
 * Thread-safe; nothing here throws.
 */
public final class DaemonStream {

    private static final int MAX_ID_LENGTH = 256;

    private final DaemonSpan request;
    private final SpanLife<DaemonSpan> life;
    private final Supplier<Ending> failure;
    private final DaemonEvents events;
    private final AtomicLong openStreams;
    private final AtomicBoolean open;
    private final long openedNanos;
    private final AtomicLong frames = new AtomicLong();
    private final AtomicLong waits = new AtomicLong();
    private final AtomicLong maxWaitNanos = new AtomicLong();
    private final AtomicLong warnings = new AtomicLong();
    private volatile @Nullable String lastEvent;

    /**
     * @param failure how the request ends if the stream failed
     * @param openStreams how many there are
     * @param open false for one that does nothing
     */
    DaemonStream(
            DaemonSpan request, Supplier<Ending> failure, DaemonEvents events, AtomicLong openStreams, boolean open) {
        this.request = request;
        this.life = request.life;
        this.failure = failure;
        this.events = events;
        this.openStreams = openStreams;
        this.open = new AtomicBoolean(open);
        this.openedNanos = life.instrumentation().now();
    }

    void opened() {
        openStreams.incrementAndGet();
        life.log(() -> events.of(LogEvent.STREAM_OPENED, Severity.INFO, request, Attributes.empty()));
    }

    /**
     * An event was written.
     *
     * @param eventId its id, of which at most 256 characters are shown, or null if it has none, as a heartbeat
     */
    public void wrote(@Nullable String eventId) {
        request.touch();
        frames.incrementAndGet();
        if (eventId != null) {
            lastEvent = eventId;
        }
    }

    /** A write had to wait this long for the client. The longest is shown, in milliseconds; null counts as 0. */
    public void waited(@Nullable Duration time) {
        request.touch();
        waits.incrementAndGet();
        maxWaitNanos.accumulateAndGet(
                time == null ? 0 : DaemonSpan.bounded(time).toNanos(), Math::max);
    }

    /** The daemon found the client too slow, and warns of it. The number of warnings is shown. */
    public void slow() {
        warnings.incrementAndGet();
    }

    /**
     * The stream has ended. The first word counts; null is {@link StreamEnd#FAILED}, the only error, the one that {@link
     * DaemonRequest#error(Throwable)} tells of.
     */
    public void closed(@Nullable StreamEnd reason) {
        StreamEnd known = reason == null ? StreamEnd.FAILED : reason;
        close(
                known.value(),
                switch (known) {
                    case COMPLETED -> Ending.of(Outcome.COMPLETED);
                    case CLIENT_CLOSED -> Ending.of(Outcome.INTERRUPTED);
                    case EVICTED, SHUTDOWN -> Ending.of(Outcome.CANCELLED);
                    case FAILED -> failure.get();
                });
    }

    /** Nothing was written for too long, so nobody seems to know of it any more. */
    void endIfIdle(long now) {
        if (life.idleNanos(now) >= life.ttlNanos()) {
            abandoned();
        }
    }

    void abandoned() {
        close(Outcome.ABANDONED.value(), Ending.of(Outcome.ABANDONED));
    }

    private void close(String reason, Ending ending) {
        if (!open.compareAndSet(true, false)) {
            return;
        }
        openStreams.decrementAndGet();
        Attributes told = told(reason);
        try {
            life.quietly("Attributes could not be set at the end of a span", () -> life.span()
                    .setAllAttributes(told));
            life.log(() -> events.of(LogEvent.STREAM_CLOSED, Severity.INFO, request, told));
        } finally { // also when a fatal error passes
            life.end(ending);
        }
    }

    private Attributes told(String reason) {
        long nanos = life.instrumentation().now() - openedNanos;
        AttributesBuilder attributes = Attributes.builder()
                .put(Attribute.SSE_DURATION.<Long>key(), nanos / 1_000_000)
                .put(Attribute.SSE_FRAMES.<Long>key(), frames.get())
                .put(Attribute.SSE_BACKPRESSURE.<Long>key(), waits.get())
                .put(Attribute.SSE_MAX_DRAIN.<Long>key(), maxWaitNanos.get() / 1_000_000)
                .put(Attribute.SSE_SLOW.<Long>key(), warnings.get())
                .put(Attribute.SSE_CLOSE_REASON.key(), reason);
        String last = lastEvent;
        if (last != null) {
            attributes.put(Attribute.SSE_LAST_EVENT.key(), Text.bounded(last, MAX_ID_LENGTH));
        }
        return attributes.build();
    }
}
