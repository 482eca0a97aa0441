package dev.llmpropagation.openai;

import com.openai.client.OpenAIClientAsync;
import com.openai.models.chat.completions.ChatCompletion;
import com.sun.net.httpserver.HttpServer;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.NoSleep;
import dev.llmpropagation.fixtures.SpanCounts;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Cancels 100 000 async calls (or as many as the first argument says) and fails if heap or threads grow, or a span stays open. Some are
 * cancelled before they are sent, some while the server keeps them waiting.
 */
public final class CancelSoak {

    private static final int AT_ONCE = 50;
    private static final long ALLOWED_GROWTH = 20L << 20;

    /** The JDK's and OkHttp's own, which start with the first call: timers, watchdogs, cleaners. */
    private static final int OTHER_THREADS = 10;

    private CancelSoak() {}

    public static void main(String[] arguments) throws Exception {
        int calls = arguments.length == 0 ? 100_000 : Integer.parseInt(arguments[0]);
        int step = Math.max(AT_ONCE, calls / 10);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        CountDownLatch end = new CountDownLatch(1);
        server.setExecutor(Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task);
            thread.setDaemon(true);
            return thread;
        }));
        server.createContext("/", exchange -> {
            try {
                exchange.getRequestBody().readAllBytes();
                // Longer than any call lives, and short enough that the server's own threads do not pile up.
                boolean over = end.await(50, TimeUnit.MILLISECONDS);
                exchange.sendResponseHeaders(over ? 500 : 400, -1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                exchange.close();
            }
        });
        server.start();
        SpanCounts spans = new SpanCounts();
        OpenTelemetrySdk openTelemetry = OpenTelemetrySdk.builder()
                .setTracerProvider(
                        SdkTracerProvider.builder().addSpanProcessor(spans).build())
                .build();
        LlmPropagation propagation =
                LlmPropagation.builder(openTelemetry).diagnostics(message -> {}).build();
        OpenAIClientAsync client = OpenAiClientFactory.create(propagation).asyncClient(sdk -> sdk.apiKey("sk-test")
                .sleeper(new NoSleep())
                .baseUrl("http://localhost:" + server.getAddress().getPort()));
        Transport transport = SdkWire.transport(client);

        long heapEarly = 0;
        int threadsBefore = ManagementFactory.getThreadMXBean().getThreadCount();
        // A call is handed over while the thread of the one that ended is still on its way back to the pool.
        int mostThreads = 2 * transport.client().dispatcher().getMaxRequests();
        boolean flat = true;
        for (int done = 0; done < calls; ) {
            List<CompletableFuture<ChatCompletion>> running = new ArrayList<>();
            for (int i = 0; i < AT_ONCE; i++) {
                running.add(SdkWire.ask(client));
            }
            if (done % (2 * AT_ONCE) == 0) {
                while (transport.client().dispatcher().runningCallsCount() == 0
                        && !running.get(0).isDone()) {
                    Thread.onSpinWait();
                }
            }
            running.forEach(future -> future.cancel(true));
            while (transport.calls().size() > 4 * AT_ONCE) {
                TimeUnit.MILLISECONDS.sleep(1);
            }
            done += AT_ONCE;
            if (done % step == 0) {
                settle(transport);
                long heap = usedHeap();
                int threads = ownThreads();
                System.out.printf(
                        "%,9d calls  heap %,7d kB  live threads %3d (client's %d)  registered %d  connections %d, idle %d  spans %,d, open %d%n",
                        done,
                        heap >> 10,
                        ManagementFactory.getThreadMXBean().getThreadCount(),
                        threads,
                        transport.calls().size(),
                        transport.client().connectionPool().connectionCount(),
                        transport.client().connectionPool().idleConnectionCount(),
                        spans.started(),
                        spans.open());
                flat &= threads <= mostThreads;
                if (done == 2 * step) {
                    heapEarly = heap;
                } else if (done >= calls) {
                    flat &= heap - heapEarly <= ALLOWED_GROWTH;
                }
            }
        }
        TimeUnit.SECONDS.sleep(70); // pools give up idle threads after a minute
        int threadsAfter = ManagementFactory.getThreadMXBean().getThreadCount();
        System.out.printf(
                "idle: live threads %d (before the first call %d), client's %d%n",
                threadsAfter, threadsBefore, ownThreads());
        flat &= spans.open() == 0;
        flat &= ownThreads() == 0 && threadsAfter <= threadsBefore + OTHER_THREADS;
        client.close();
        end.countDown();
        server.stop(0);
        System.out.println(flat ? "flat" : "GREW");
        System.exit(flat ? 0 : 1);
    }

    /** Of model calls and attempts. */
    /** Waits until the SDK's retries of cancelled calls are over. */
    private static void settle(Transport transport) throws InterruptedException {
        for (int i = 0; i < 600 && transport.calls().size() > 0; i++) {
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    private static long usedHeap() throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            System.gc();
            TimeUnit.MILLISECONDS.sleep(50);
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static int ownThreads() {
        return (int) Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("llm-propagation"))
                .count();
    }
}
