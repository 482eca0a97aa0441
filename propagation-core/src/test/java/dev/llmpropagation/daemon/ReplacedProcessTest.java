package dev.llmpropagation.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.Metric;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is known of a process when another one has taken its place. */
class ReplacedProcessTest {

    @RegisterExtension
    final DaemonExtension telemetry = new DaemonExtension();

    private final DaemonTelemetry daemon = telemetry.daemon;

    /** A program that does not wait for processes that it has replaced. */
    @Test
    void processThatIsReplaced_isKeptOnlyWhileItHasSessions() {
        DaemonChannel last = daemon.channel("child-0");
        last.sessionOpened("s-moves");
        last.sessionOpened("s-closes");
        DaemonChannel first = last;
        for (int i = 1; i <= 100; i++) {
            last = last.restarted("child-" + i);
            last.sessionOpened("s-moves");
        }
        assertThat(daemon.openChannels()).as("the first and the last").isEqualTo(2);
        first.sessionClosed("s-closes");
        assertThat(daemon.openChannels()).isEqualTo(1);

        first.exited(137, false);
        assertThat(telemetry.points(Metric.DAEMON_SESSIONS))
                .extracting(point -> DaemonExtension.label(point, "action") + ' ' + ((LongPointData) point).getValue())
                .containsExactlyInAnyOrder("spawn 2", "close 1");
        assertThat(telemetry.events(LogEvent.CHANNEL_EXITED)).hasSize(1);
        daemon.close();
    }

    @Test
    void processThatWasReplaced_isMeantToEndWithTheDaemon() {
        DaemonChannel given = daemon.channel("child-1");
        given.restarted("child-2");
        daemon.close();
        given.exited(137, false);

        assertThat(telemetry.events(LogEvent.CHANNEL_EXITED)).singleElement().satisfies(log -> assertThat(
                        log.getAttributes().get(Attribute.CHANNEL_EXPECTED.<Boolean>key()))
                .isTrue());
    }
}
