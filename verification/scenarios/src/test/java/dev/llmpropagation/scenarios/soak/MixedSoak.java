package dev.llmpropagation.scenarios.soak;

import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import com.openai.client.OpenAIClient;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.NoSleep;
import dev.llmpropagation.fixtures.SpanCounts;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.openai.OpenAiClientFactory;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.ObjectName;
import okhttp3.ConnectionPool;
import okhttp3.OkHttpClient;

/**
 * A million calls of both SDKs (or as many as the first argument says), of all kinds in turn, in ten thousand sessions. Fails
 * if heap, threads, connections or the library's own objects grow, or a span stays open.
 */
public final class MixedSoak {

    private static final int SESSIONS = 10_000;
    private static final int AT_ONCE = 16;
    private static final int REPORTS = 10;
    private static final long ALLOWED_GROWTH = 8L << 20;
    private static final int ALLOWED_THREADS = 40;

    /** Of one class; the first report has what is made once for each kind of call and each value that is told apart. */
    private static final int ALLOWED_OBJECTS = 200;

    private final SpanCounts counter = new SpanCounts();
    private final ConnectionPool pool = new ConnectionPool();

    private MixedSoak() {}

    public static void main(String[] arguments) throws Exception {
        int calls = arguments.length == 0 ? 1_000_000 : Integer.parseInt(arguments[0]);
        boolean flat = new MixedSoak().run(calls);
        System.out.println(flat ? "flat" : "GREW");
        System.exit(flat ? 0 : 1);
    }

    private boolean run(int calls) throws Exception {
        try (SoakService service = new SoakService();
                OpenTelemetrySdk openTelemetry = openTelemetry();
                LlmPropagation propagation = LlmPropagation.builder(openTelemetry)
                        .diagnostics(message -> {})
                        .build()) {
            OkHttpClient base = new OkHttpClient.Builder().connectionPool(pool).build();
            OpenAIClient openAi = OpenAiClientFactory.builder(propagation)
                    .httpClient(base)
                    .build()
                    .client(sdk -> sdk.baseUrl(service.url() + "/v1")
                            .apiKey("key")
                            .timeout(Duration.ofSeconds(30))
                            .maxRetries(1)
                            .sleeper(new NoSleep()));
            Client gemini = GeminiClientFactory.builder(propagation)
                    .httpClient(base)
                    .build()
                    .client(sdk -> sdk.apiKey("key")
                            .httpOptions(
                                    HttpOptions.builder().baseUrl(service.url()).build()));
            ExecutorService program = Executors.newFixedThreadPool(AT_ONCE);
            State first = null;
            boolean flat = true;
            AtomicLong next = new AtomicLong();
            for (int report = 1; report <= REPORTS; report++) {
                long until = (long) calls * report / REPORTS;
                List<Future<?>> workers = new ArrayList<>();
                for (int i = 0; i < AT_ONCE; i++) {
                    workers.add(program.submit(() -> {
                        for (long call = next.getAndIncrement(); call < until; call = next.getAndIncrement()) {
                            make(call, propagation, openAi, gemini);
                        }
                    }));
                }
                for (Future<?> worker : workers) {
                    worker.get();
                }
                next.set(until);
                State state = settled();
                System.out.printf("%,11d calls  %s%n", until, state);
                if (report == 2) {
                    first = state;
                }
                flat &= state.open == 0;
                flat &= first == null || state.hasNotGrownSince(first);
            }
            program.shutdown();
            openAi.close();
            gemini.close();
            return flat;
        }
    }

    /** Each kind in turn, each in a session, some in an interaction of an agent. */
    private void make(long index, LlmPropagation propagation, OpenAIClient openAi, Client gemini) {
        SoakCall kind = SoakCall.values()[(int) (index % SoakCall.values().length)];
        try {
            propagation
                    .agent()
                    .interaction("prompt-" + index)
                    .session("session-" + index % SESSIONS)
                    .run(turn -> kind.make(openAi, gemini));
        } catch (Exception expected) {
            // a call that is refused, breaks or is cancelled
        }
    }

    private OpenTelemetrySdk openTelemetry() {
        return OpenTelemetrySdk.builder()
                .setTracerProvider(
                        SdkTracerProvider.builder().addSpanProcessor(counter).build())
                .setMeterProvider(SdkMeterProvider.builder()
                        .registerMetricReader(InMemoryMetricReader.create())
                        .build())
                .build();
    }

    /** When what was cancelled or forgotten is over. */
    private State settled() throws Exception {
        for (int i = 0; i < 600 && (counter.open() > 0 || pool.connectionCount() > pool.idleConnectionCount()); i++) {
            System.gc();
            TimeUnit.MILLISECONDS.sleep(100);
        }
        pool.evictAll();
        String histogram = (String) ManagementFactory.getPlatformMBeanServer()
                .invoke(
                        new ObjectName("com.sun.management:type=DiagnosticCommand"),
                        "gcClassHistogram",
                        new Object[] {new String[0]},
                        new String[] {String[].class.getName()});
        return State.of(histogram, counter.open(), counter.started(), pool.connectionCount());
    }

    /** @param objects of this library that are reachable, by class */
    private record State(long heap, int threads, int connections, long open, long spans, Map<String, Integer> objects) {

        private static final Pattern LINE = Pattern.compile("^ *\\d+: +(\\d+) +(\\d+) +(\\S+)", Pattern.MULTILINE);

        static State of(String histogram, long open, long spans, int connections) {
            Map<String, Integer> objects = new TreeMap<>();
            long heap = 0;
            Matcher line = LINE.matcher(histogram);
            while (line.find()) {
                heap += Long.parseLong(line.group(2));
                if (line.group(3).startsWith("dev.llmpropagation.")
                        && !line.group(3).startsWith("dev.llmpropagation.scenarios.")) {
                    objects.put(line.group(3), Integer.parseInt(line.group(1)));
                }
            }
            int threads = ManagementFactory.getThreadMXBean().getThreadCount();
            return new State(heap, threads, connections, open, spans, objects);
        }

        boolean hasNotGrownSince(State before) {
            boolean flat = heap - before.heap <= ALLOWED_GROWTH && threads - before.threads <= ALLOWED_THREADS;
            for (Map.Entry<String, Integer> of : objects.entrySet()) {
                int more = of.getValue() - before.objects.getOrDefault(of.getKey(), 0);
                if (more > ALLOWED_OBJECTS) {
                    System.out.println(more + " more of " + of.getKey());
                    flat = false;
                }
            }
            return flat;
        }

        @Override
        public String toString() {
            return "heap %,d kB  threads %d  connections %d  spans %,d, open %d  objects of ours %,d"
                    .formatted(
                            heap >> 10,
                            threads,
                            connections,
                            spans,
                            open,
                            objects.values().stream()
                                    .mapToInt(Integer::intValue)
                                    .sum());
        }
    }
}
