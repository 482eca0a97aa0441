package dev.llmpropagation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.agent.AgentTracing;
import dev.llmpropagation.agent.AgentTracingBuilder;
import dev.llmpropagation.daemon.DaemonRequest;
import dev.llmpropagation.daemon.DaemonTelemetry;
import dev.llmpropagation.daemon.RuntimePath;
import dev.llmpropagation.daemon.StreamEnd;
import dev.llmpropagation.network.ConnectionSettings;
import dev.llmpropagation.sdk.SdkShutdown;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A duration longer than a long can say in nanoseconds or milliseconds: a setting refuses it by name, a measurement bounds it. */
class DurationsTest {

    private static final Duration WITHOUT_BOUND = Duration.ofSeconds(Long.MAX_VALUE);

    private final RecordedTelemetry telemetry = RecordedTelemetry.create();
    private final OpenTelemetrySdk sdk = telemetry.openTelemetry();

    static Stream<Arguments> settings() {
        Map<String, BiFunction<AgentTracingBuilder, Duration, ?>> agent = Map.of(
                "timeToLive", AgentTracingBuilder::timeToLive,
                "backgroundTimeToLive", AgentTracingBuilder::backgroundTimeToLive,
                "streamIdleTimeout", AgentTracingBuilder::streamIdleTimeout);
        Map<String, BiFunction<ConnectionSettings, Duration, ?>> connections = Map.of(
                "connectTimeout", ConnectionSettings::connectTimeout,
                "readTimeout", ConnectionSettings::readTimeout,
                "writeTimeout", ConnectionSettings::writeTimeout,
                "callTimeout", ConnectionSettings::callTimeout,
                "pingInterval", ConnectionSettings::pingInterval,
                "keepAlive", ConnectionSettings::keepAlive);
        return Stream.concat(
                agent.entrySet().stream()
                        .map(setting -> Arguments.of(setting.getKey(), (Setting) duration ->
                                setting.getValue().apply(AgentTracing.builder(OpenTelemetry.noop()), duration))),
                connections.entrySet().stream()
                        .map(setting -> Arguments.of(setting.getKey(), (Setting)
                                duration -> setting.getValue().apply(ConnectionSettings.unchanged(), duration))));
    }

    @ParameterizedTest
    @MethodSource("settings")
    void setting_isRefusedByName(String name, Setting setting) {
        for (Duration bad :
                new Duration[] {WITHOUT_BOUND, WITHOUT_BOUND.negated(), Duration.ofSeconds(Long.MIN_VALUE)}) {
            assertThatThrownBy(() -> setting.set(bad))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(name)
                    .hasMessageContaining(bad.toString());
        }
        setting.set(Duration.ofDays(24));
    }

    @Test
    void measurementsOfADaemon_areBounded() {
        try (DaemonTelemetry daemon = DaemonTelemetry.builder(sdk).build()) {
            DaemonRequest request =
                    daemon.request("POST", "/session/s-1/prompt").start();
            request.runtime(RuntimePath.values()[0], WITHOUT_BOUND);
            var stream = request.stream(null);
            stream.waited(WITHOUT_BOUND);
            stream.closed(StreamEnd.values()[0]);
            request.close();
        }
        long longest = Duration.ofDays(365).toMillis();
        assertThat(telemetry.spans())
                .singleElement()
                .extracting(SpanData::getAttributes)
                .satisfies(attributes -> assertThat(attributes.asMap().values())
                        .filteredOn(Long.valueOf(longest)::equals)
                        .isNotEmpty());
    }

    @Test
    void shutdownWithoutBound_endsWithTheSdk() {
        assertThat(SdkShutdown.within(sdk, WITHOUT_BOUND)).isEmpty();
    }

    /** A setting of a builder. */
    interface Setting {
        Object set(Duration duration);
    }
}
