package dev.llmpropagation.daemon;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Metric;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.LongHistogram;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.context.Context;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The metrics of a daemon. No method takes a string: each label is an entry of the catalogue or of an enum, so no value
 * from outside can become a label.
 */
final class DaemonMetrics implements AutoCloseable {

    private final LongCounter requests;
    private final DoubleHistogram requestDuration;
    private final LongCounter sessions;
    private final LongCounter channels;
    private final DoubleHistogram queueWait;
    private final DoubleHistogram promptDuration;
    private final LongCounter bridgeErrors;
    private final LongCounter cancels;
    private final LongHistogram messageBytes;
    private final LongCounter streamEvents;
    private final DaemonGauges gauges;

    /** @param owner the provider of the meter, where one daemon at a time has gauges */
    DaemonMetrics(
            Object owner,
            Meter meter,
            Set<ChannelSessions> channelsOpen,
            AtomicLong streamsOpen,
            Workspaces workspaces) {
        requests = Metric.DAEMON_REQUESTS.counter(meter);
        requestDuration = Metric.DAEMON_REQUEST_DURATION.histogram(meter);
        sessions = Metric.DAEMON_SESSIONS.counter(meter);
        channels = Metric.CHANNELS.counter(meter);
        queueWait = Metric.QUEUE_WAIT.histogram(meter);
        promptDuration = Metric.PROMPT_DURATION.histogram(meter);
        bridgeErrors = Metric.BRIDGE_ERRORS.counter(meter);
        cancels = Metric.CANCELS.counter(meter);
        messageBytes = Metric.MESSAGE_BYTES.longHistogram(meter);
        streamEvents = Metric.STREAM_EVENTS.counter(meter);
        gauges = DaemonGauges.start(owner, meter, channelsOpen, streamsOpen, workspaces);
    }

    void request(Routes.Route route, StatusClass status, @Nullable RuntimePath path, long nanos, Context context) {
        requests.add(
                1,
                Attributes.of(Attribute.ROUTE.key(), route.name(), Attribute.STATUS_CLASS.key(), status.value()),
                context);
        AttributesBuilder labels = Attributes.builder().put(Attribute.ROUTE.key(), route.name());
        if (path != null) {
            labels.put(Attribute.RUNTIME.key(), path.value());
        }
        requestDuration.record(nanos / 1e6, labels.build(), context);
    }

    void sessions(Action action, long count) {
        sessions.add(count, Attributes.of(Attribute.ACTION.key(), action.value()));
    }

    void channelSpawned() {
        channels.add(1, Attributes.of(Attribute.ACTION.key(), Action.SPAWN.value()));
    }

    void channelRestarted() {
        channels.add(1, Attributes.of(Attribute.ACTION.key(), Action.RESTART.value()));
    }

    void stream(StreamEvent event, Context context) {
        streamEvents.add(1, Attributes.of(Attribute.SSE_EVENT.key(), event.value()), context);
    }

    void channelExited(boolean expected) {
        channels.add(1, Attributes.of(Attribute.ACTION.key(), Action.EXIT.value(), Attribute.EXPECTED.key(), expected));
    }

    void queueWait(long nanos, Context context) {
        queueWait.record(nanos / 1e6, Attributes.empty(), context);
    }

    void prompt(long nanos, Context context) {
        promptDuration.record(nanos / 1e6, Attributes.empty(), context);
    }

    void bridgeError(ErrorKinds.Kind kind, Context context) {
        bridgeErrors.add(1, Attributes.of(Attribute.FAILURE.key(), kind.name()), context);
    }

    void cancel(Context context) {
        cancels.add(1, Attributes.empty(), context);
    }

    void message(Direction direction, long bytes) {
        messageBytes.record(bytes, Attributes.of(Attribute.DIRECTION.key(), direction.value()));
    }

    @Override
    public void close() {
        gauges.close();
    }

    enum Action {
        SPAWN,
        RESTART,
        CLOSE,
        DIE,
        EXIT;

        String value() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    enum StatusClass {
        INFORMATIONAL("1xx"),
        SUCCESS("2xx"),
        REDIRECTION("3xx"),
        CLIENT_ERROR("4xx"),
        SERVER_ERROR("5xx"),
        /** The client was gone before it was answered, or the response was none of HTTP. */
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
