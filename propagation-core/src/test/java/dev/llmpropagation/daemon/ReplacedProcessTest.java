package dev.llmpropagation.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.Metric;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is known of a process when another one has taken its place. */
class ReplacedProcessTest {

    @RegisterExtension
    final DaemonExtension telemetry = new DaemonExtension();

    private static final int ROUNDS = 5_000;

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

    /** The bridge and the process itself tell of it at the same time. */
    @Test
    void sessionThatIsToldByTwoThreads_movesAndNeitherBeginsNorEnds() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            for (int round = 0; round < ROUNDS; round++) {
                DaemonChannel before = daemon.channel("before");
                before.sessionOpened("s-1");
                DaemonChannel after = before.restarted("after");
                CyclicBarrier start = new CyclicBarrier(2);
                Callable<Boolean> telling = () -> {
                    start.await();
                    after.sessionOpened("s-1");
                    return true;
                };
                for (Future<Boolean> told : threads.invokeAll(List.of(telling, telling))) {
                    assertThat(told.get()).isTrue();
                }
                assertThat(after.sessionCount()).isEqualTo(1);
                after.exited(0, true);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(telemetry.points(Metric.DAEMON_SESSIONS))
                .extracting(point -> DaemonExtension.label(point, "action") + ' ' + ((LongPointData) point).getValue())
                .containsExactlyInAnyOrder("spawn " + ROUNDS, "close " + ROUNDS);
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
