package dev.llmpropagation.daemon;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Metric;
import dev.llmpropagation.internal.span.Throwables;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableLongGauge;
import io.opentelemetry.api.metrics.ObservableLongMeasurement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The gauges of a daemon. When it is closed they stay, so that the SDK's last collection still sees them, at zero. A
 * gauge that is removed leaves its last value behind, as if those sessions were still open. They go when another daemon
 * of the same SDK has its own. Thread-safe.
 */
final class DaemonGauges {

    /** Weak: the SDK holds the callbacks, and they hold the gauges. */
    private static final WeakHashMap<DaemonGauges, Boolean> KNOWN = new WeakHashMap<>();

    private final Object owner;
    private final Set<ChannelSessions> channels;
    private final AtomicLong streams;
    private final Workspaces workspaces;
    private final List<ObservableLongGauge> gauges;
    private boolean closed;

    private DaemonGauges(
            Object owner, Meter meter, Set<ChannelSessions> channels, AtomicLong streams, Workspaces workspaces) {
        this.owner = owner;
        this.channels = channels;
        this.streams = streams;
        this.workspaces = workspaces;
        Runtime jvm = Runtime.getRuntime();
        this.gauges = List.of(
                Metric.ACTIVE_SESSIONS.gauge(meter, this::sessions),
                Metric.ACTIVE_STREAMS.gauge(meter, () -> this.streams.get()),
                Metric.HEAP_USED.gauge(meter, () -> jvm.totalMemory() - jvm.freeMemory()));
    }

    static DaemonGauges start(
            Object owner, Meter meter, Set<ChannelSessions> channels, AtomicLong streams, Workspaces workspaces) {
        synchronized (KNOWN) {
            KNOWN.keySet().removeIf(other -> other.closed && other.isOf(owner) && other.takenBack());
            DaemonGauges made = new DaemonGauges(owner, meter, channels, streams, workspaces);
            KNOWN.put(made, true);
            return made;
        }
    }

    private void sessions(ObservableLongMeasurement active) {
        Map<String, Long> counts = new HashMap<>();
        counts.put(Workspaces.NONE, 0L);
        workspaces.seen().forEach(label -> counts.put(label, 0L));
        channels.forEach(sessions -> sessions.labels().forEach(label -> counts.merge(label, 1L, Long::sum)));
        counts.forEach((label, count) -> active.record(
                count,
                label.equals(Workspaces.NONE) ? Attributes.empty() : Attributes.of(Attribute.WORKSPACE.key(), label)));
    }

    private boolean isOf(Object other) {
        return owner == other;
    }

    /** The daemon is over. */
    void close() {
        synchronized (KNOWN) {
            if (!closed
                    && KNOWN.keySet().stream().anyMatch(other -> other != this && !other.closed && other.isOf(owner))) {
                KNOWN.remove(this);
                takenBack();
            }
            closed = true;
        }
    }

    private boolean takenBack() {
        Throwables.forAll(gauges, ObservableLongGauge::close);
        return true;
    }
}
