package dev.llmpropagation.openai;

import com.openai.core.Timeout;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.http.ClientProfile;
import dev.llmpropagation.http.LogicalCall;
import dev.llmpropagation.http.LogicalCalls;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import okhttp3.ConnectionPool;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/** The network of one client and of all that are derived from it. Thread-safe. */
final class Transport {

    private static final String RETRY_COUNT = "X-Stainless-Retry-Count";

    private final OkHttpClient client;
    private final LogicalCalls calls;
    // A WebSocket opens again, with the options it was opened with, for as long as the program holds it.
    private final Map<Object, LogicalCall> connections = Collections.synchronizedMap(new WeakHashMap<>());

    private Transport(OkHttpClient client, LogicalCalls calls) {
        this.client = client;
        this.calls = calls;
    }

    static Transport create(LlmPropagation propagation, @Nullable OkHttpClient base) {
        OkHttpClient.Builder builder;
        Dispatcher dispatcher = new Dispatcher(daemonThreads());
        if (base == null) {
            Timeout timeout = Timeout.builder().build();
            builder = new OkHttpClient.Builder()
                    .connectTimeout(timeout.connect())
                    .readTimeout(timeout.read())
                    .writeTimeout(timeout.write())
                    .callTimeout(timeout.request());
            dispatcher.setMaxRequestsPerHost(dispatcher.getMaxRequests());
        } else {
            builder = base.newBuilder();
            dispatcher.setMaxRequests(base.dispatcher().getMaxRequests());
            dispatcher.setMaxRequestsPerHost(base.dispatcher().getMaxRequestsPerHost());
        }
        builder.dispatcher(dispatcher).connectionPool(new ConnectionPool());
        LogicalCalls calls = new LogicalCalls();
        // No origin of its own: requests without the facade's mark, as for a token, must get no header.
        ClientProfile profile = ClientProfile.of(null).withFacade(calls, RETRY_COUNT, Cancelled::answer);
        return new Transport(propagation.instrument(builder, profile).build(), calls);
    }

    /** As OkHttp's own, but an idle client does not keep the program running. */
    private static ExecutorService daemonThreads() {
        return new ThreadPoolExecutor(0, Integer.MAX_VALUE, 60, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
            Thread thread = new Thread(task, "llm-propagation OpenAI dispatcher");
            thread.setDaemon(true);
            return thread;
        });
    }

    OkHttpClient client() {
        return client;
    }

    LogicalCalls calls() {
        return calls;
    }

    /** Keeps the call as long as the connection that it opened. */
    void opened(Object connection, LogicalCall call) {
        connections.put(connection, call);
    }

    /** Number of calls held, for tests. */
    int openCalls() {
        int unused = connections.size(); // asking drops the calls of connections that are gone
        return calls.size();
    }

    void release() {
        client.dispatcher().executorService().shutdown();
        client.connectionPool().evictAll();
    }
}
