package dev.llmpropagation.openai;

import static dev.llmpropagation.fixtures.Attributed.outcome;
import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.client.okhttp.OpenAIOkHttpClientAsync;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import dev.llmpropagation.fixtures.Latches;
import dev.llmpropagation.fixtures.LocalServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import okhttp3.ConnectionPool;
import okhttp3.OkHttpClient;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A stream is closed by one thread while another waits in it for a chunk that does not come. */
class CloseWhileReadingTest {

    private static final String SOCKET = "sun.nio.ch.NioSocketImpl";

    @RegisterExtension
    final SdkWire wire = new SdkWire();

    private final CountDownLatch release = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicReference<Thread> reader = new AtomicReference<>();
    private final CompletableFuture<Optional<Throwable>> heard = new CompletableFuture<>();

    /** Sends one chunk, and no more until it is released. */
    private final LocalServer stalling = LocalServer.start(exchange -> {
        exchange.getRequestBody().readAllBytes();
        exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().write(SdkWire.CHUNK.getBytes(StandardCharsets.UTF_8));
        exchange.getResponseBody().flush();
        Latches.await(release);
        exchange.close();
    });

    @AfterEach
    void stop() {
        release.countDown();
        stalling.close();
        threads.shutdownNow();
    }

    @Test
    void asyncStream_isClosedAtOnceAndFreesItsConnection() throws Exception {
        OpenAIClientAsync client = wire.asyncClient(sdk -> sdk.baseUrl(baseUrl()));
        AsyncStreamResponse<ChatCompletionChunk> stream = reading(client);
        CompletableFuture<?> closed = CompletableFuture.runAsync(stream::close, threads);

        assertThat(closed).succeedsWithin(Duration.ofSeconds(20));
        isIdle(SdkWire.transport(client).client().connectionPool());
        assertThat(heard).succeedsWithin(Duration.ofSeconds(20)).isEqualTo(Optional.empty());
        assertThat(outcome(wire.attempts(1).get(0))).isEqualTo("interrupted");
    }

    @Test
    void stream_isClosedAtOnceAndFreesItsConnection() throws Exception {
        OpenAIClient client = wire.client(OpenAiClientFactory.create(wire.propagation), sdk -> sdk.baseUrl(baseUrl()));
        try (StreamResponse<ChatCompletionChunk> stream = SdkWire.stream(client)) {
            CompletableFuture<?> read = CompletableFuture.runAsync(
                    () -> stream.stream().forEach(chunk -> reader.set(Thread.currentThread())), threads);
            awaitBlocked();
            CompletableFuture<?> closed = CompletableFuture.runAsync(stream::close, threads);

            assertThat(closed).succeedsWithin(Duration.ofSeconds(20));
            assertThat(read).succeedsWithin(Duration.ofSeconds(20));
        }
        isIdle(SdkWire.transport(client).client().connectionPool());
        assertThat(outcome(wire.attempts(1).get(0))).isEqualTo("interrupted");
    }

    /** What ours differs from: who closes waits for the reader, which waits for the service, and the connection is held. */
    @Test
    void asyncStreamOfTheBareSdk_waitsForTheServiceToBeClosed() throws Exception {
        ConnectionPool pool = new ConnectionPool();
        OkHttpClient base = new OkHttpClient.Builder().connectionPool(pool).build();
        OpenAIClientAsync client = OpenAIOkHttpClientAsync.builder()
                .okHttpClient(base)
                .baseUrl(baseUrl())
                .apiKey("sk-test")
                .build();
        try {
            AsyncStreamResponse<ChatCompletionChunk> stream = reading(client);
            AtomicReference<Thread> closer = new AtomicReference<>();
            CompletableFuture<?> closed = CompletableFuture.runAsync(
                    () -> {
                        closer.set(Thread.currentThread());
                        stream.close();
                    },
                    threads);
            Awaitility.await().until(() -> isIn(closer.get(), "java.io.BufferedReader"));

            assertThat(isIn(reader.get(), SOCKET)).isTrue();
            assertThat(closed).isNotDone();
            assertThat(pool.connectionCount() - pool.idleConnectionCount()).isEqualTo(1);
            release.countDown();
            assertThat(closed).succeedsWithin(Duration.ofSeconds(20));
        } finally {
            client.close();
            base.dispatcher().executorService().shutdown();
            pool.evictAll();
        }
    }

    private AsyncStreamResponse<ChatCompletionChunk> reading(OpenAIClientAsync client) {
        AsyncStreamResponse<ChatCompletionChunk> stream = SdkWire.stream(client);
        stream.subscribe(new AsyncStreamResponse.Handler<ChatCompletionChunk>() {
            @Override
            public void onNext(ChatCompletionChunk chunk) {
                reader.set(Thread.currentThread());
            }

            @Override
            public void onComplete(Optional<Throwable> error) {
                heard.complete(error);
            }
        });
        awaitBlocked();
        return stream;
    }

    private void awaitBlocked() {
        Awaitility.await().until(() -> isIn(reader.get(), SOCKET));
    }

    private static boolean isIn(@Nullable Thread thread, String className) {
        return thread != null
                && Stream.of(thread.getStackTrace())
                        .anyMatch(frame -> frame.getClassName().equals(className));
    }

    private static void isIdle(ConnectionPool pool) {
        Awaitility.await().untilAsserted(() -> assertThat(pool.connectionCount() - pool.idleConnectionCount())
                .as("connections busy")
                .isZero());
    }

    private String baseUrl() {
        return stalling.url() + "/v1";
    }
}
