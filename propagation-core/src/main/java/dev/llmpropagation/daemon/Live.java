package dev.llmpropagation.daemon;

import dev.llmpropagation.span.Ending;
import dev.llmpropagation.span.Outcome;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * What is open: handles, processes with their sessions, streams. The gauges ask here, so they cannot drift from it. Spans
 * and streams without activity for too long are ended when a later span starts, at most once a minute. Thread-safe, without
 * a thread of its own.
 */
final class Live {

    static final long SWEEP_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final LongSupplier nanoTime;
    private final long ttlNanos;
    private final AtomicLong lastSweep;
    private final Set<DaemonSpan> spans = ConcurrentHashMap.newKeySet();
    private final Set<DaemonChannel> channels = ConcurrentHashMap.newKeySet();
    private final Set<DaemonStream> streams = ConcurrentHashMap.newKeySet();

    Live(LongSupplier nanoTime, long ttlNanos) {
        this.nanoTime = nanoTime;
        this.ttlNanos = ttlNanos;
        this.lastSweep = new AtomicLong(nanoTime.getAsLong());
    }

    long now() {
        return nanoTime.getAsLong();
    }

    void add(DaemonSpan span) {
        spans.add(span);
        long now = now();
        long last = lastSweep.get();
        if (now - last >= SWEEP_NANOS && lastSweep.compareAndSet(last, now)) {
            sweep();
        }
    }

    void remove(DaemonSpan span) {
        spans.remove(span);
    }

    void add(DaemonChannel channel) {
        channels.add(channel);
    }

    void remove(DaemonChannel channel) {
        channels.remove(channel);
    }

    void add(DaemonStream stream) {
        streams.add(stream);
    }

    void remove(DaemonStream stream) {
        streams.remove(stream);
    }

    int openSpans() {
        return spans.size();
    }

    long sessions() {
        return channels.stream().mapToLong(DaemonChannel::sessionCount).sum();
    }

    long streams() {
        return streams.size();
    }

    /** Steps of the bridge that are under way for one of these sessions. */
    List<BridgeSpan> stepsOf(Set<String> sessions) {
        return spans.stream()
                .filter(BridgeSpan.class::isInstance)
                .map(BridgeSpan.class::cast)
                .filter(step -> {
                    String session = step.session();
                    return session != null && sessions.contains(session);
                })
                .toList();
    }

    /** Streams first: they end their requests. */
    void sweep() {
        long now = now();
        streams.forEach(stream -> stream.endIfIdle(now, ttlNanos));
        for (DaemonSpan span : spans) {
            if (span.idleNanos(now) >= ttlNanos) {
                span.end(Ending.of(Outcome.ABANDONED));
            }
        }
    }

    /** For the end of the daemon. */
    void endAll() {
        streams.forEach(stream -> stream.closed(StreamEnd.SHUTDOWN));
        spans.forEach(DaemonSpan::cancelled);
    }
}
