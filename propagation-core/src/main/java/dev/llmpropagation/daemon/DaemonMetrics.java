package dev.llmpropagation.daemon;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.LongHistogram;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableLongGauge;
import io.opentelemetry.context.Context;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The metrics of a daemon. No method takes a string: a label is an entry of the catalogue or of an enum, so nothing that
 * comes from outside can be one.
 */
final class DaemonMetrics implements AutoCloseable {

    private static final AttributeKey<String> ROUTE = AttributeKey.stringKey("route");
    private static final AttributeKey<String> STATUS_CLASS = AttributeKey.stringKey("status_class");
    private static final AttributeKey<String> RUNTIME_PATH = AttributeKey.stringKey("runtime_path");
    private static final AttributeKey<String> ACTION = AttributeKey.stringKey("action");
    private static final AttributeKey<Boolean> EXPECTED = AttributeKey.booleanKey("expected");
    private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error_type");
    private static final AttributeKey<String> DIRECTION = AttributeKey.stringKey("direction");

    private final LongCounter requests;
    private final DoubleHistogram requestDuration;
    private final LongCounter sessions;
    private final LongCounter channels;
    private final DoubleHistogram queueWait;
    private final DoubleHistogram promptDuration;
    private final LongCounter bridgeErrors;
    private final LongCounter cancels;
    private final LongHistogram messageBytes;
    private final List<ObservableLongGauge> gauges;
    private final AtomicBoolean closed = new AtomicBoolean();

    DaemonMetrics(Meter meter, Set<ChannelSessions> channelsOpen, AtomicLong streamsOpen) {
        requests = DaemonMetric.REQUESTS.counter(meter);
        requestDuration = DaemonMetric.REQUEST_DURATION.histogram(meter);
        sessions = DaemonMetric.SESSIONS.counter(meter);
        channels = DaemonMetric.CHANNELS.counter(meter);
        queueWait = DaemonMetric.QUEUE_WAIT.histogram(meter);
        promptDuration = DaemonMetric.PROMPT_DURATION.histogram(meter);
        bridgeErrors = DaemonMetric.BRIDGE_ERRORS.counter(meter);
        cancels = DaemonMetric.CANCELS.counter(meter);
        messageBytes = DaemonMetric.MESSAGE_BYTES.longHistogram(meter);
        Runtime jvm = Runtime.getRuntime();
        gauges = List.of(
                DaemonMetric.ACTIVE_SESSIONS.gauge(meter, () -> channelsOpen.stream()
                        .mapToLong(ChannelSessions::size)
                        .sum()),
                DaemonMetric.ACTIVE_STREAMS.gauge(meter, streamsOpen::get),
                DaemonMetric.HEAP_USED.gauge(meter, () -> jvm.totalMemory() - jvm.freeMemory()));
    }

    void request(Routes.Route route, StatusClass status, @Nullable RuntimePath path, long nanos, Context context) {
        requests.add(1, Attributes.of(ROUTE, route.name(), STATUS_CLASS, status.value()), context);
        AttributesBuilder labels = Attributes.builder().put(ROUTE, route.name());
        if (path != null) {
            labels.put(RUNTIME_PATH, path.value());
        }
        requestDuration.record(nanos / 1e6, labels.build(), context);
    }

    void sessions(Action action, long count) {
        sessions.add(count, Attributes.of(ACTION, action.value()));
    }

    void channelSpawned() {
        channels.add(1, Attributes.of(ACTION, Action.SPAWN.value()));
    }

    void channelExited(boolean expected) {
        channels.add(1, Attributes.of(ACTION, Action.EXIT.value(), EXPECTED, expected));
    }

    void queueWait(long nanos, Context context) {
        queueWait.record(nanos / 1e6, Attributes.empty(), context);
    }

    void prompt(long nanos, Context context) {
        promptDuration.record(nanos / 1e6, Attributes.empty(), context);
    }

    void bridgeError(DaemonError error, Context context) {
        bridgeErrors.add(1, Attributes.of(ERROR_TYPE, error.value()), context);
    }

    void cancel(Context context) {
        cancels.add(1, Attributes.empty(), context);
    }

    void message(Direction direction, long bytes) {
        messageBytes.record(bytes, Attributes.of(DIRECTION, direction.value()));
    }

    /** Takes the gauges back. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            gauges.forEach(ObservableLongGauge::close);
        }
    }

    enum Action {
        SPAWN("spawn"),
        CLOSE("close"),
        DIE("die"),
        EXIT("exit");

        private final String value;

        Action(String value) {
            this.value = value;
        }

        String value() {
            return value;
        }
    }

    enum StatusClass {
        INFORMATIONAL("1xx"),
        SUCCESS("2xx"),
        REDIRECTION("3xx"),
        CLIENT_ERROR("4xx"),
        SERVER_ERROR("5xx"),
        /** The client was gone before it was answered, or the answer was none of HTTP. */
        NONE("none");

        private final String value;

        StatusClass(String value) {
            this.value = value;
        }

        String value() {
            return value;
        }

        static StatusClass of(int status) {
            return status < 100 || status > 599 ? NONE : values()[status / 100 - 1];
        }
    }
}
