package dev.llmpropagation.gemini;

import static dev.llmpropagation.gemini.GeminiWire.MODEL;
import static dev.llmpropagation.gemini.GeminiWire.answer;
import static dev.llmpropagation.gemini.GeminiWire.ask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.genai.Client;
import dev.llmpropagation.fixtures.Requests;
import java.io.File;
import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import okhttp3.Cache;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Each client owns its threads and connections. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LifecycleTest {

    @RegisterExtension
    final GeminiWire wire = new GeminiWire();

    @Test
    void close_leavesOtherClientsAndTheBaseAlone() throws Exception {
        wire.answers(answer());
        OkHttpClient base = new OkHttpClient();
        get(base);
        GeminiClientFactory factory =
                GeminiClientFactory.builder(wire.propagation).httpClient(base).build();
        Client closed = wire.client(factory, sdk -> {});
        Client open = wire.client(factory, sdk -> {});
        ask(closed);
        closed.close();
        get(base);
        assertThat(open.async
                        .models
                        .generateContent(MODEL, "hi", null)
                        .get(30, TimeUnit.SECONDS)
                        .text())
                .isEqualTo("hello");
        ExecutorService threads = base.dispatcher().executorService();
        assertThat(threads.isShutdown()).isFalse();
        threads.shutdown();
        base.connectionPool().evictAll();
    }

    @Test
    void cache_isRefusedWithTheRightPlace(@TempDir File directory) throws IOException {
        try (Cache cache = new Cache(directory, 1 << 20)) {
            OkHttpClient base = new OkHttpClient.Builder().cache(cache).build();
            GeminiClientFactoryBuilder builder = GeminiClientFactory.builder(wire.propagation);
            assertThatThrownBy(() -> builder.httpClient(base))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("base.newBuilder().cache(null).build()");
        }
    }

    @Test
    void close_releasesThreadsAndConnections() throws Exception {
        wire.answers(answer());
        AtomicReference<Thread> worker = new AtomicReference<>();
        Connections connections = new Connections();
        OkHttpClient base = new OkHttpClient.Builder()
                .addInterceptor(chain -> {
                    worker.set(Thread.currentThread());
                    return chain.proceed(chain.request());
                })
                .eventListenerFactory(call -> connections)
                .build();
        Client client = wire.client(
                GeminiClientFactory.builder(wire.propagation).httpClient(base).build(), sdk -> {});
        client.async.models.generateContent(MODEL, "hi", null).get(30, TimeUnit.SECONDS);
        assertThat(worker.get().isDaemon()).isTrue();
        assertThat(connections.acquired).hasValue(1);
        await().until(() -> connections.released.get() == 1);
        client.close();
        worker.get().join(30_000);
        assertThat(worker.get().isAlive()).isFalse();
        assertThat(connections.socketClosed()).isTrue();
    }

    @Test
    void closedTwice_isAsGoodAsOnce() {
        wire.answers(answer());
        Client client = wire.client();
        ask(client);
        client.close();
        client.close();
        assertThat(wire.attempts(1)).hasSize(1);
    }

    private void get(OkHttpClient client) throws IOException {
        assertThat(Requests.body(client, Requests.get(wire.url("")))).isNotEmpty();
    }
}
