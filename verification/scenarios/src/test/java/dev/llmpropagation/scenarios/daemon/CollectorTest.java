package dev.llmpropagation.scenarios.daemon;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.daemon.BridgeOperation;
import dev.llmpropagation.daemon.DaemonError;
import dev.llmpropagation.daemon.DaemonTelemetry;
import dev.llmpropagation.daemon.HttpServerFilter;
import dev.llmpropagation.doctor.trace.OtlpReceiver;
import dev.llmpropagation.examples.daemon.Exports;
import dev.llmpropagation.fixtures.Latches;
import dev.llmpropagation.fixtures.LocalServer;
import dev.llmpropagation.fixtures.LogListener;
import dev.llmpropagation.fixtures.Slow;
import dev.llmpropagation.sdk.SdkDiagnostics;
import dev.llmpropagation.sdk.SdkShutdown;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A collector that is down, slow or mad costs the daemon nothing that its clients could see. */
@Timeout(300)
class CollectorTest {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    /** Of collectors that are down: as long as these are open, nobody else gets their ports. */
    private static final List<Socket> PORTS = new CopyOnWriteArrayList<>();

    enum Ill {
        DOWN,
        SLOW,
        MAD
    }

    /**
     * Each round asks all in another order, so that whatever else the machine does meets all alike. There are two healthy
     * ones: what they differ by is noise. The queues of the sick one are full.
     */
    @ParameterizedTest
    @EnumSource(Ill.class)
    void pitfall_117_requests_takeAsLongAsWithAHealthyCollector(Ill ill) throws Exception {
        List<String> told = new CopyOnWriteArrayList<>();
        try (SdkDiagnostics quiet = SdkDiagnostics.to(told::add);
                OtlpReceiver healthy = OtlpReceiver.start();
                Sick sick = new Sick(ill);
                Daemon well = new Daemon(healthy.endpoint(), RunningDaemon.PATIENCE);
                Daemon alsoWell = new Daemon(healthy.endpoint(), RunningDaemon.PATIENCE);
                Daemon poor = new Daemon(sick.endpoint(), Duration.ofSeconds(1))) {
            List<Daemon> daemons = new ArrayList<>(List.of(well, alsoWell, poor));
            for (Daemon daemon : daemons) {
                life(daemon.telemetry, 2_500); // more than the queues take
            }
            Random random = new Random(1);
            for (int round = 0; round < 300; round++) {
                Collections.shuffle(daemons, random);
                for (Daemon daemon : daemons) {
                    daemon.ask(round >= 100);
                }
            }
            long median = Math.max(median(well.nanos), median(alsoWell.nanos));
            long noise = Math.abs(median(well.nanos) - median(alsoWell.nanos));
            // A flush on the way of a request would cost seconds here; the noise of a loaded machine does not.
            assertThat(median(poor.nanos))
                    .as("healthy ones: %d and %d ns", median(well.nanos), median(alsoWell.nanos))
                    .isLessThan(median + median / 2 + 3 * noise + TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    @ParameterizedTest
    @EnumSource(Ill.class)
    void pitfall_118_shutdown_keepsItsBound(Ill ill) throws Exception {
        List<String> told = new CopyOnWriteArrayList<>();
        try (SdkDiagnostics quiet = SdkDiagnostics.to(told::add);
                Sick sick = new Sick(ill)) {
            OpenTelemetrySdk sdk = Exports.to(sick.endpoint()).sdk("daemon");
            life(DaemonTelemetry.builder(sdk).build(), 100);
            CountDownLatch down = new CountDownLatch(1);
            List<String> late = new CopyOnWriteArrayList<>();
            Thread shutdown = new Thread(() -> {
                late.addAll(SdkShutdown.within(sdk, Duration.ofSeconds(2)));
                down.countDown();
            });
            shutdown.start();
            // Exporters alone would take 10 s for each signal.
            assertThat(down.await(9, TimeUnit.SECONDS)).isTrue();
            if (ill == Ill.SLOW) {
                assertThat(late).contains("traces", "logs");
            }
        }
    }

    @Test
    void pitfall_118_slowTraces_takeNothingFromTheOthers() throws Exception {
        List<String> paths = new CopyOnWriteArrayList<>();
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch answered = new CountDownLatch(1);
        try (SdkDiagnostics quiet = SdkDiagnostics.to(line -> {});
                LocalServer collector = LocalServer.start(exchange -> {
                    String path = exchange.getRequestURI().getPath();
                    paths.add(path);
                    if (path.endsWith("traces")) {
                        Latches.await(end);
                    }
                    LocalServer.answer(exchange, 200, "application/x-protobuf", "");
                    if (path.endsWith("traces")) {
                        answered.countDown();
                    }
                })) {
            OpenTelemetrySdk sdk = Exports.to(collector.url()).sdk("daemon");
            life(DaemonTelemetry.builder(sdk).build(), 10);
            assertThat(SdkShutdown.within(sdk, Duration.ofSeconds(2))).containsExactly("traces");
            assertThat(paths).contains("/v1/metrics", "/v1/logs");
            end.countDown();
            Latches.await(answered); // or it would be sent again, to whoever has the port by then
        }
    }

    /** As many spans as would fill fifty megabytes, if somebody kept them. */
    @Slow
    @ParameterizedTest
    @EnumSource(Ill.class)
    void memory_isBounded(Ill ill) throws Exception {
        try (SdkDiagnostics quiet = SdkDiagnostics.to(line -> {});
                Sick sick = new Sick(ill)) {
            OpenTelemetrySdk sdk = Exports.to(sick.endpoint()).sdk("daemon");
            DaemonTelemetry daemon = DaemonTelemetry.builder(sdk).build();
            life(daemon, 5_000);
            long before = used();
            life(daemon, 20_000);
            assertThat(used() - before).isLessThan(20L << 20);
            daemon.close();
            SdkShutdown.within(sdk, Duration.ofSeconds(1));
        }
    }

    @Test
    void pitfall_119_diagnostics_goToTheSinkAlone() throws Exception {
        List<String> told = new CopyOnWriteArrayList<>();
        List<String> printed = new CopyOnWriteArrayList<>();
        Handler console = new LogListener(line -> printed.add(line.getLoggerName()));
        Logger root = Logger.getLogger("");
        root.addHandler(console);
        // An exporter asks again where nobody listens, and gives up at once where it is refused.
        try (SdkDiagnostics quiet = SdkDiagnostics.to(told::add);
                LocalServer refusing =
                        LocalServer.start(exchange -> LocalServer.answer(exchange, 400, "text/plain", "no"))) {
            OpenTelemetrySdk sdk = Exports.to(refusing.url()).sdk("daemon");
            life(DaemonTelemetry.builder(sdk).build(), 10);
            SdkShutdown.within(sdk, Duration.ofSeconds(20));
            Logger.getLogger("io.opentelemetry.x").severe("see http://ann:hunter2@host/ Bearer abcdefgh12345");
        } finally {
            root.removeHandler(console);
        }

        assertThat(told).anyMatch(line -> line.contains("Failed to export"));
        assertThat(told).anyMatch(line -> line.contains("see http://REDACTED@host/"));
        assertThat(told.toString()).doesNotContain("hunter2", "abcdefgh12345");
        assertThat(printed).noneMatch(name -> String.valueOf(name).startsWith("io.opentelemetry"));
    }

    /** On a thread of its own: strict contexts read its whole stack at each scope, and that of a test is deep. */
    private static void life(DaemonTelemetry daemon, int requests) throws Exception {
        FutureTask<?> served = new FutureTask<>(() -> serve(daemon, requests), null);
        new Thread(served).start();
        served.get();
    }

    private static void serve(DaemonTelemetry daemon, int requests) {
        for (int i = 0; i < requests; i++) {
            var request = daemon.request("POST", "/session/s/prompt").start();
            try (Scope ignored = request.makeCurrent()) {
                daemon.bridge(BridgeOperation.PROMPT_DISPATCH).session("s").run(step -> {});
            }
            if (i % 10 == 0) {
                request.error(DaemonError.UNKNOWN, "it broke");
                request.responded(500);
            } else {
                request.responded(200);
            }
        }
    }

    private static long used() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static long median(List<Long> nanos) {
        Collections.sort(nanos);
        return nanos.get(nanos.size() / 2);
    }

    /** A daemon whose handler does nothing. */
    private static final class Daemon implements AutoCloseable {
        private final List<Long> nanos = new ArrayList<>();
        private final OpenTelemetrySdk sdk;
        private final DaemonTelemetry telemetry;
        private final LocalServer server;
        private final HttpRequest request;
        private final Duration bound;

        /** @param bound of its shutdown */
        Daemon(String endpoint, Duration bound) {
            this.bound = bound;
            sdk = Exports.to(endpoint).sdk("daemon");
            telemetry = DaemonTelemetry.builder(sdk).build();
            server = LocalServer.start(
                    exchange -> LocalServer.answer(exchange, 500, "text/plain", ""), new HttpServerFilter(telemetry));
            request = HttpRequest.newBuilder(URI.create(server.url() + "/session"))
                    .POST(HttpRequest.BodyPublishers.noBody())
                    .build();
        }

        void ask(boolean counts) throws Exception {
            long start = System.nanoTime();
            HTTP.send(request, HttpResponse.BodyHandlers.discarding());
            long took = System.nanoTime() - start;
            if (counts) {
                nanos.add(took);
            }
        }

        @Override
        public void close() {
            server.close();
            SdkShutdown.within(sdk, bound);
        }
    }

    /**
     * A collector that is not well. It keeps its port for good: what an exporter still sends, long after the shutdown that was
     * bounded, must not come to the server of another test.
     */
    private static final class Sick implements AutoCloseable {
        private static final byte[] ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(US_ASCII);

        private final int port;
        private final ScheduledExecutorService later = Executors.newSingleThreadScheduledExecutor();
        private volatile boolean closed;

        @SuppressWarnings("resource") // they stay
        Sick(Ill ill) throws IOException {
            InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
            if (ill == Ill.DOWN) {
                Socket silent = new Socket(); // bound, and nobody listens
                silent.bind(anyPort);
                PORTS.add(silent);
                port = silent.getLocalPort();
            } else {
                ServerSocket socket = new ServerSocket();
                socket.bind(anyPort);
                port = socket.getLocalPort();
                Thread acceptor = new Thread(() -> accept(socket, ill));
                acceptor.setDaemon(true);
                acceptor.start();
            }
        }

        String endpoint() {
            return "http://localhost:" + port;
        }

        private void accept(ServerSocket socket, Ill ill) {
            while (true) {
                try {
                    Socket client = socket.accept();
                    if (closed) {
                        client.close();
                        continue;
                    }
                    Thread reader = new Thread(() -> read(client, ill));
                    reader.setDaemon(true);
                    reader.start();
                } catch (IOException e) {
                    // The exporter has given up.
                }
            }
        }

        /** Slow: takes everything, and answers after 30 seconds. */
        private void read(Socket client, Ill ill) {
            try (client;
                    InputStream in = client.getInputStream();
                    OutputStream out = client.getOutputStream()) {
                if (ill == Ill.MAD) {
                    out.write("\u0000\u0007garbage\r\n\r\n{]".getBytes(US_ASCII));
                    out.flush();
                } else {
                    Future<?> unused = later.schedule(() -> answer(out), 30, TimeUnit.SECONDS);
                }
                in.transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                // The exporter has given up.
            }
        }

        private static void answer(OutputStream out) {
            try {
                out.write(ANSWER);
                out.flush();
            } catch (IOException e) {
                // The exporter has given up.
            }
        }

        @Override
        public void close() {
            closed = true;
            later.shutdownNow();
        }
    }
}
