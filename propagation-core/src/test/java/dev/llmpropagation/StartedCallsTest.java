package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.fixtures.Requests;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.Dispatcher;
import okhttp3.EventListener;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What starts and never reaches the first step is not kept. */
class StartedCallsTest {

    private static final int SLOTS = 8;
    private static final int CALLS = 100;
    private static final ContextKey<Object> KEY = ContextKey.named("of-the-program");

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    private volatile boolean failing = true;

    @BeforeEach
    void answer() {
        wire.answers(ok("hello"));
    }

    @Test
    void callsThatAListenerFailsAtTheirStart_areLetGo() throws Exception {
        OkHttpClient client = wire.client(new OkHttpClient.Builder().eventListenerFactory(call -> new Failing()));
        List<WeakReference<Call>> calls = new ArrayList<>();
        for (int i = 0; i < CALLS; i++) {
            Call call = client.newCall(request());
            assertThatThrownBy(call::execute).isInstanceOf(IllegalStateException.class);
            calls.add(new WeakReference<>(call));
        }
        onlyTheSlotsAreHeld(calls);

        failing = false;
        client.newCall(request()).execute().close();
        wire.attempt();
    }

    /** OkHttp's own dispatcher goes on counting them as running, so what holds them is the client. */
    @Test
    void callsThatAnExecutorDrops_areLetGoWithTheirClient() throws Exception {
        failing = false;
        CountDownLatch release = new CountDownLatch(1);
        List<WeakReference<Call>> calls = dropped(release);
        release.countDown();
        onlyTheSlotsAreHeld(calls);
    }

    private List<WeakReference<Call>> dropped(CountDownLatch release) throws Exception {
        ExecutorService one = Executors.newSingleThreadExecutor();
        one.execute(() -> await().until(() -> release.getCount() == 0));
        Dispatcher dispatcher = new Dispatcher(one);
        dispatcher.setMaxRequests(CALLS);
        dispatcher.setMaxRequestsPerHost(CALLS);
        OkHttpClient client = wire.propagation()
                .build()
                .instrument(new OkHttpClient.Builder().dispatcher(dispatcher))
                .build();
        List<WeakReference<Call>> calls = new ArrayList<>();
        for (int i = 0; i < CALLS; i++) {
            Call call = client.newCall(request());
            call.enqueue(new Nobody());
            calls.add(new WeakReference<>(call));
        }
        assertThat(one.shutdownNow()).hasSize(CALLS);
        return calls;
    }

    @Test
    void queuedCallsWhoseMakersForgetThem_keepTheirCallers() throws Exception {
        failing = false;
        CountDownLatch release = new CountDownLatch(1);
        ExecutorService one = Executors.newSingleThreadExecutor();
        one.execute(() -> await().until(() -> release.getCount() == 0));
        OkHttpClient client = wire.client(new OkHttpClient.Builder().dispatcher(new Dispatcher(one)));
        List<CompletableFuture<Integer>> results = new ArrayList<>();
        List<String> callers = new ArrayList<>();
        for (int i = 0; i < 2 * SLOTS; i++) {
            callers.add(wire.inSpan("caller", () -> {
                        Awaited callback = new Awaited();
                        results.add(callback.code);
                        client.newCall(request()).enqueue(callback);
                    })
                    .getSpanContext()
                    .getSpanId());
        }
        System.gc();
        release.countDown();
        for (CompletableFuture<Integer> result : results) {
            assertThat(result.get(30, TimeUnit.SECONDS)).isEqualTo(200);
        }

        assertThat(wire.attempts(2 * SLOTS))
                .extracting(span -> span.getParentSpanId())
                .containsExactlyInAnyOrderElementsOf(callers);
    }

    /** What a program has in its Context can be of a class loader that should go; its client, and Okio's watchdog, stay. */
    @Test
    void contextsOfCallsThatAreOver_areLetGo_whileTheirClientLives() throws Exception {
        failing = false;
        OkHttpClient client = wire.client(new OkHttpClient.Builder().callTimeout(Duration.ofMinutes(1)));
        List<WeakReference<Object>> held = new ArrayList<>();
        for (int i = 0; i < SLOTS; i++) {
            held.add(answered(client));
            held.add(respondsLater(client));
            held.add(refused(client));
        }
        await().untilAsserted(() -> {
            System.gc();
            assertThat(held.stream().filter(context -> context.get() != null)).isEmpty();
        });
        assertThat(client.connectionPool().connectionCount()).isPositive();
        wire.attempts(3 * SLOTS);
    }

    private WeakReference<Object> answered(OkHttpClient client) throws IOException {
        Object ofTheProgram = new Object();
        try (Scope ignored = Context.root().with(KEY, ofTheProgram).makeCurrent()) {
            client.newCall(request()).execute().close();
        }
        return new WeakReference<>(ofTheProgram);
    }

    private WeakReference<Object> respondsLater(OkHttpClient client) throws Exception {
        Object ofTheProgram = new Object();
        Awaited callback = new Awaited();
        try (Scope ignored = Context.root().with(KEY, ofTheProgram).makeCurrent()) {
            client.newCall(request()).enqueue(callback);
        }
        assertThat(callback.code.get(30, TimeUnit.SECONDS)).isEqualTo(200);
        return new WeakReference<>(ofTheProgram);
    }

    private static WeakReference<Object> refused(OkHttpClient client) {
        Object ofTheProgram = new Object();
        try (Scope ignored = Context.root().with(KEY, ofTheProgram).makeCurrent()) {
            Call call = client.newCall(Requests.get("http://localhost:1/"));
            assertThatThrownBy(call::execute).isInstanceOf(IOException.class);
        }
        return new WeakReference<>(ofTheProgram);
    }

    private static void onlyTheSlotsAreHeld(List<WeakReference<Call>> calls) {
        await().untilAsserted(() -> {
            System.gc();
            assertThat(calls.stream().filter(call -> call.get() != null).count())
                    .as("calls held")
                    .isLessThanOrEqualTo(SLOTS);
        });
    }

    private Request request() {
        return Requests.get(wire.url("/"));
    }

    private final class Failing extends EventListener {
        @Override
        public void callStart(Call call) {
            if (failing) {
                throw new IllegalStateException("a listener of the program's");
            }
        }
    }

    private static final class Awaited implements Callback {

        final CompletableFuture<Integer> code = new CompletableFuture<>();

        @Override
        public void onFailure(Call call, IOException e) {
            code.completeExceptionally(e);
        }

        @Override
        public void onResponse(Call call, Response response) {
            response.close();
            code.complete(response.code());
        }
    }

    private static final class Nobody implements Callback {
        @Override
        public void onFailure(Call call, IOException e) {}

        @Override
        public void onResponse(Call call, Response response) {
            response.close();
        }
    }
}
