package dev.llmpropagation.comparison.streams;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.types.GenerateContentResponse;
import com.openai.client.OpenAIClient;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.management.ObjectName;
import okhttp3.ConnectionPool;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;

/**
 * The program, in a process of its own, with one variant and one API: opens as many streams as it is told, has all of them
 * in mid-stream at the same time, and reads them to the end. Says what each round took.
 */
final class StreamsProgram {

    private static final ChatCompletionCreateParams CHAT = ChatCompletionCreateParams.builder()
            .model("gpt-4o-mini")
            .temperature(0.2)
            .addSystemMessage("You are a careful assistant. ".repeat(20))
            .addUserMessage("Tell me a story of forty words.")
            .build();
    private static final long PATIENCE_SECONDS = 120;
    // Linux lets 4096 connections wait to be accepted; what comes above is sent again after seconds.
    private static final int OPENING_AT_MOST = 2_000;
    // The service has the connections of all programs, and few systems let a process have more than 20 000 files open.
    private static final int KEPT_AT_MOST = 1_000;

    private final String url;
    private final StreamsApi api;
    private final ExecutorService threads = VirtualThreads.executor();
    private final ConnectionPool pool = new ConnectionPool(20_000, 5, TimeUnit.MINUTES);
    private final OpenAIClient openAi;
    private final Client gemini;

    private StreamsProgram(StreamsVariant variant, StreamsApi api, String url) {
        this.url = url;
        this.api = api;
        Dispatcher dispatcher = new Dispatcher(threads);
        dispatcher.setMaxRequests(Integer.MAX_VALUE);
        dispatcher.setMaxRequestsPerHost(Integer.MAX_VALUE);
        OkHttpClient base = new OkHttpClient.Builder()
                .dispatcher(dispatcher)
                .connectionPool(pool)
                .readTimeout(Duration.ofMinutes(5))
                .build();
        this.openAi = variant.openAi(base, url);
        this.gemini = variant.gemini(base, url);
    }

    /** Takes lines of {@code streams heap}, where heap is true if what is reachable is to be measured. */
    public static void main(String[] arguments) throws Exception {
        StreamsProgram program = new StreamsProgram(
                StreamsVariant.valueOf(arguments[0]), StreamsApi.valueOf(arguments[1]), arguments[2]);
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        for (String command = commands.readLine(); command != null; command = commands.readLine()) {
            String[] words = command.split(" ", -1);
            System.out.println(program.round(Integer.parseInt(words[0]), Boolean.parseBoolean(words[1]))
                    .line());
        }
        System.exit(0);
    }

    private StreamsRound round(int streams, boolean heap) throws Exception {
        service("/stop");
        long before = heap ? reachable() : 0;
        ThreadMXBean platform = ManagementFactory.getThreadMXBean();
        platform.resetPeakThreadCount();
        Round round = new Round(streams);
        long cpu = cpuNanos();
        long allocated = allocated();
        for (int i = 0; i < streams; i++) {
            round.opening.acquire();
            start(round, i);
        }
        round.await(round.halfWay);
        long held = 0;
        long cpuOfMeasuring = 0;
        if (heap) {
            long start = cpuNanos();
            held = reachable(false) - before;
            cpuOfMeasuring = cpuNanos() - start;
        }
        service("/go");
        round.await(round.ended);
        cpu = cpuNanos() - cpu - cpuOfMeasuring;
        allocated = allocated() - allocated;
        long peak = platform.getPeakThreadCount();
        long left = heap ? reachable() - before : 0;
        if (streams > KEPT_AT_MOST) {
            pool.evictAll();
        }
        Arrays.sort(round.firstChunk);
        return new StreamsRound(
                cpu,
                allocated,
                held,
                left,
                peak,
                round.firstChunk[streams / 2],
                round.firstChunk[(int) (streams * 0.99)]);
    }

    private void start(Round round, int index) {
        StreamsReader reader = new StreamsReader(round, index);
        switch (api) {
            case OPENAI_SYNC ->
                threads.execute(() -> {
                    try (StreamResponse<ChatCompletionChunk> response =
                            openAi.chat().completions().createStreaming(CHAT)) {
                        response.stream().forEach(reader::chunk);
                        reader.end(null);
                    } catch (RuntimeException e) {
                        reader.end(e);
                    }
                });
            case OPENAI_ASYNC ->
                openAi.async()
                        .chat()
                        .completions()
                        .createStreaming(CHAT)
                        .subscribe(
                                new AsyncStreamResponse.Handler<>() {
                                    @Override
                                    public void onNext(ChatCompletionChunk chunk) {
                                        reader.chunk(chunk);
                                    }

                                    @Override
                                    public void onComplete(Optional<Throwable> error) {
                                        reader.end(error.orElse(null));
                                    }
                                },
                                threads);
            case GEMINI ->
                threads.execute(() -> {
                    try (ResponseStream<GenerateContentResponse> response = gemini.models.generateContentStream(
                            "gemini-2.5-flash", "Tell me a story of forty words.", null)) {
                        response.forEach(reader::chunk);
                        reader.end(null);
                    } catch (RuntimeException e) {
                        reader.end(e);
                    }
                });
        }
    }

    private void service(String path) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create(url + path).toURL().openConnection();
        connection.setRequestMethod("POST");
        if (connection.getResponseCode() != 204) {
            throw new IllegalStateException(path + ": " + connection.getResponseCode());
        }
    }

    private long reachable() throws InterruptedException {
        return reachable(true);
    }

    /** After enough collections for what finalizers, cleaners and the queue of spans hold. */
    private long reachable(boolean idle) throws InterruptedException {
        if (idle) {
            pool.evictAll();
            TimeUnit.SECONDS.sleep(6); // batches are exported each five seconds
        }
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            System.gc();
            TimeUnit.MILLISECONDS.sleep(100);
            least = Math.min(
                    least,
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        return least;
    }

    private static long cpuNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    /** Of all threads that there were: since JDK 21. */
    private static long allocated() throws Exception {
        return (long) ManagementFactory.getPlatformMBeanServer()
                .getAttribute(new ObjectName(ManagementFactory.THREAD_MXBEAN_NAME), "TotalThreadAllocatedBytes");
    }

    /** The streams that are opened together. */
    private static final class Round {

        final Semaphore opening = new Semaphore(OPENING_AT_MOST);
        final CountDownLatch halfWay;
        final CountDownLatch ended;
        final long[] firstChunk;
        final AtomicReference<Throwable> failure = new AtomicReference<>();

        Round(int streams) {
            this.halfWay = new CountDownLatch(streams);
            this.ended = new CountDownLatch(streams);
            this.firstChunk = new long[streams];
        }

        void await(CountDownLatch latch) throws InterruptedException {
            boolean over = latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (failure.get() != null) {
                throw new IllegalStateException(failure.get());
            }
            if (!over) {
                throw new IllegalStateException(latch.getCount() + " streams are not so far");
            }
        }
    }

    /** Reads one stream. */
    private static final class StreamsReader {

        private final Round round;
        private final int index;
        private final long start = System.nanoTime();
        private int chunks;

        StreamsReader(Round round, int index) {
            this.round = round;
            this.index = index;
        }

        void chunk(Object chunk) {
            chunks++;
            if (chunks == 1) {
                round.firstChunk[index] = System.nanoTime() - start;
                round.opening.release();
            }
            if (chunks == StreamsService.CHUNKS / 2) {
                round.halfWay.countDown();
            }
        }

        void end(Throwable failure) {
            if (chunks == 0) {
                round.opening.release();
            }
            if (failure != null || chunks != StreamsService.CHUNKS) {
                round.failure.compareAndSet(
                        null, failure != null ? failure : new IllegalStateException(chunks + " chunks"));
                while (round.halfWay.getCount() > 0) {
                    round.halfWay.countDown();
                }
            }
            round.ended.countDown();
        }
    }
}
