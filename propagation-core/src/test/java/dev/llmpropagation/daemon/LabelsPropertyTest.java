package dev.llmpropagation.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.internal.span.Metric;
import io.opentelemetry.context.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;

/** Whatever comes from outside, metrics keep their few labels, and gauges show what there is. */
class LabelsPropertyTest {

    private static final Set<String> LABELS = labels();

    private static Set<String> labels() {
        Set<String> labels = new HashSet<>(Routes.reference().names());
        labels.addAll(List.of("1xx", "2xx", "3xx", "4xx", "5xx", "none", "spawn", "close", "die", "exit", "evicted"));
        labels.addAll(List.of("true", "false", "inbound", "outbound", "started_on_request", "joined"));
        Stream.of(DaemonError.values()).map(DaemonError::value).forEach(labels::add);
        return labels;
    }

    @Property(tries = 300)
    void pitfall_109_115_noPathIdOrMessage_becomesALabel(
            @ForAll String method,
            @ForAll String segment,
            @ForAll String id,
            @ForAll String message,
            @ForAll int status,
            @ForAll DaemonError error,
            @ForAll RuntimePath path,
            @ForAll StreamEnd end) {
        try (DaemonExtension telemetry = new DaemonExtension()) {
            DaemonTelemetry daemon = telemetry.daemon;
            for (String target : List.of(
                    "/session/" + segment + "/prompt",
                    "/" + segment,
                    segment,
                    "/session/" + segment,
                    "/session?" + id)) {
                for (String verb : List.of("POST", "DELETE", "GET", method)) {
                    DaemonRequest request = daemon.request(verb, target)
                            .headers(Map.of("traceparent", message), DaemonExtension.HEADERS)
                            .start();
                    request.session(id);
                    request.prompt(id);
                    request.client(id);
                    request.workspace(message);
                    request.permission(id);
                    request.runtime(path, Duration.ofMillis(status & 0xff));
                    try (Scope ignored = request.makeCurrent()) {
                        fail(daemon, id, message, error);
                    }
                    request.error(new IllegalStateException(message));
                    request.responded(status);
                }
            }
            DaemonStream stream = daemon.request("GET", "/session/" + segment + "/events").start().stream(message);
            stream.wrote(message);
            stream.closed(end);
            DaemonChannel channel = daemon.channel(id);
            channel.sessionOpened(id);
            channel.message(Direction.INBOUND, status);
            channel.failed(error);
            channel.exited(status, status > 0);
            daemon.close();

            assertThat(telemetry.diagnostics).isEmpty();
            assertThat(daemon.openSpans()).isZero();
            assertThat(telemetry.metrics()).isNotEmpty().allSatisfy(metric -> {
                assertThat(Arrays.stream(Metric.values()).map(known -> known.metricName))
                        .contains(metric.getName());
                assertThat(metric.getData().getPoints())
                        .allSatisfy(point -> point.getAttributes().forEach((key, value) -> {
                            assertThat(LABELS).contains(value.toString());
                            assertThat(key.getKey())
                                    .isIn(
                                            "route",
                                            "status_class",
                                            "runtime_path",
                                            "action",
                                            "event",
                                            "expected",
                                            "error_type",
                                            "direction");
                        }));
            });
        }
    }

    private static void fail(DaemonTelemetry daemon, String id, String message, DaemonError error) {
        daemon.queued().dispatch().session(id).prompt(id).client(id).start().failed(error, message);
        daemon.bridge(BridgeOperation.SESSION_CANCEL).session(id).start().failed(new IllegalStateException(message));
    }

    /**
     * Ten thousand lives, each with its beginning and end: of processes, of sessions and of streams, which are opened twice,
     * closed twice, closed after the end, lost, in any order.
     */
    @Property(tries = 3)
    void pitfall_107_gauges_doNotDrift(@ForAll long seed, @ForAll @Size(20) List<Integer> kinds) {
        Random random = new Random(seed);
        try (DaemonExtension telemetry = new DaemonExtension()) {
            List<DaemonChannel> channels = new ArrayList<>();
            Map<DaemonChannel, Set<String>> model = new java.util.HashMap<>();
            List<DaemonStream> streams = new ArrayList<>();
            Set<DaemonStream> open = new HashSet<>();
            int lives = 0;
            for (int turn = 0; lives < 10_000; turn++) {
                int kind = Math.floorMod(kinds.get(turn % kinds.size()) + random.nextInt(6), 6);
                if (kind == 0 || channels.isEmpty()) {
                    DaemonChannel made = telemetry.daemon.channel("c" + turn);
                    channels.add(made);
                    model.put(made, new HashSet<>());
                    lives++;
                }
                DaemonChannel channel = channels.get(random.nextInt(channels.size()));
                String session = "s" + random.nextInt(10);
                switch (kind) {
                    case 1 -> {
                        channel.sessionOpened(session);
                        if (model.containsKey(channel)) {
                            lives += model.get(channel).add(session) ? 1 : 0;
                        }
                    }
                    case 2 -> {
                        channel.sessionClosed(session);
                        model.getOrDefault(channel, new HashSet<>()).remove(session);
                    }
                    case 3 -> {
                        channel.exited(turn % 3, turn % 2 == 0);
                        model.remove(channel);
                    }
                    case 4 -> {
                        DaemonStream made = telemetry.request("GET", "/session/s/events").stream(null);
                        streams.add(made);
                        open.add(made);
                        lives++;
                    }
                    default -> {
                        if (!streams.isEmpty()) {
                            DaemonStream stream = streams.get(random.nextInt(streams.size()));
                            stream.closed(StreamEnd.values()[turn % 5]);
                            open.remove(stream);
                        }
                    }
                }
                if (turn % 1_000 == 999) {
                    assertThat(telemetry.total(Metric.ACTIVE_SESSIONS))
                            .isEqualTo(
                                    model.values().stream().mapToLong(Set::size).sum());
                    assertThat(telemetry.total(Metric.ACTIVE_STREAMS)).isEqualTo(open.size());
                }
            }
            channels.forEach(channel -> channel.exited(0, true));
            streams.forEach(stream -> stream.closed(StreamEnd.COMPLETED));
            assertThat(telemetry.total(Metric.ACTIVE_SESSIONS)).isZero();
            assertThat(telemetry.total(Metric.ACTIVE_STREAMS)).isZero();
            long spawned = actions(telemetry, "spawn");
            assertThat(actions(telemetry, "close") + actions(telemetry, "die")).isEqualTo(spawned);
            assertThat(telemetry.daemon.openSpans()).isZero();
        }
    }

    private static long actions(DaemonExtension telemetry, String action) {
        return telemetry
                .points(Metric.DAEMON_SESSIONS)
                .filter(point -> action.equals(DaemonExtension.label(point, "action")))
                .mapToLong(point -> ((io.opentelemetry.sdk.metrics.data.LongPointData) point).getValue())
                .sum();
    }
}
