package dev.llmpropagation.daemon;

import static dev.llmpropagation.daemon.DaemonExtension.number;
import static dev.llmpropagation.daemon.DaemonExtension.string;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.Metric;
import io.opentelemetry.context.Scope;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What counts as activity, when the safety net looks, and what the end of the daemon ends. */
class ActivityTest {

    @RegisterExtension
    final DaemonExtension telemetry = new DaemonExtension();

    private final DaemonTelemetry daemon = telemetry.daemon;

    @Test
    void endOfAStep_isActivityInItsRequest() {
        DaemonRequest request = daemon.request("POST", "/session").start();
        BridgeSpan step = start(request);
        telemetry.passes(Duration.ofHours(3));
        step.completed();
        telemetry.passes(Duration.ofHours(3));
        daemon.sweep();
        assertThat(request.isEnded()).isFalse();
        request.responded(200);
    }

    @Test
    void stepThatIsAbandoned_isNoActivityInItsRequest() {
        DaemonRequest request = daemon.request("POST", "/session").start();
        BridgeSpan step = start(request);
        telemetry.passes(Duration.ofHours(3));
        request.touch();
        telemetry.passes(Duration.ofHours(2));
        daemon.sweep();
        assertThat(step.isEnded()).isTrue();
        assertThat(request.isEnded()).isFalse();
        telemetry.passes(Duration.ofHours(2));
        daemon.sweep();
        assertThat(request.isEnded()).isTrue();
    }

    @Test
    void sweep_isAtMostOnceAMinute() {
        DaemonTelemetry own = telemetry.with(options -> options.timeToLive(Duration.ofMinutes(1)));
        telemetry.passes(Duration.ofSeconds(10));
        BridgeSpan idle = own.bridge(BridgeOperation.SESSION_NEW).start();
        telemetry.passes(Duration.ofSeconds(50));
        own.bridge(BridgeOperation.SESSION_NEW).start().completed(); // a minute: swept
        telemetry.passes(Duration.ofSeconds(15));
        own.bridge(BridgeOperation.SESSION_NEW).start().completed();
        assertThat(idle.isEnded()).isFalse();
        telemetry.passes(Duration.ofSeconds(45));
        own.bridge(BridgeOperation.SESSION_NEW).start().completed();
        assertThat(idle.isEnded()).isTrue();
    }

    @Test
    void timeToLive_canBeAYear() {
        assertThatCode(() -> telemetry.with(options -> options.timeToLive(Duration.ofDays(365))))
                .doesNotThrowAnyException();
    }

    @Test
    void stream_livesWhileItWaitsForItsClient() {
        DaemonRequest request = daemon.request("GET", "/session/s/events").start();
        telemetry.passes(Duration.ofHours(1));
        DaemonStream stream = request.stream(null);
        telemetry.passes(Duration.ofHours(3));
        stream.waited(Duration.ofMillis(1));
        telemetry.passes(Duration.ofHours(3));
        daemon.sweep();
        assertThat(request.isEnded()).isFalse();
        telemetry.passes(Duration.ofHours(1));
        daemon.sweep();
        assertThat(request.isEnded()).isTrue();
        assertThat(number(telemetry.span(), Attribute.SSE_DURATION))
                .isEqualTo(Duration.ofHours(7).toMillis());
        assertThat(string(telemetry.span(), Attribute.SSE_CLOSE_REASON)).isEqualTo("abandoned");
    }

    @Test
    void endOfTheDaemon_endsStreamsAndTakesTheGaugesBack() {
        DaemonTelemetry own = telemetry.with(options -> options);
        daemon.close(); // has the same gauges
        own.channel("child-1").sessionOpened("s-1");
        own.request("GET", "/session/s/events").start().stream(null);
        assertThat(telemetry.total(Metric.ACTIVE_SESSIONS)).isEqualTo(1);
        own.close();
        own.close();

        assertThat(string(telemetry.span(), Attribute.SSE_CLOSE_REASON)).isEqualTo("shutdown");
        assertThat(string(telemetry.span(), Attribute.OUTCOME)).isEqualTo("cancelled");
        assertThat(telemetry.events(LogEvent.STREAM_CLOSED)).hasSize(1);
        assertThat(telemetry.points(Metric.ACTIVE_SESSIONS)).isEmpty();
        assertThat(telemetry.points(Metric.HEAP_USED)).isEmpty();
    }

    private BridgeSpan start(DaemonSpan around) {
        try (Scope ignored = around.makeCurrent()) {
            return daemon.bridge(BridgeOperation.PROMPT_DISPATCH).start();
        }
    }
}
