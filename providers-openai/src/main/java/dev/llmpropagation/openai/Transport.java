package dev.llmpropagation.openai;

import com.openai.core.Timeout;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.internal.http.ClientInstrumenter;
import dev.llmpropagation.internal.http.ClientProfile;
import dev.llmpropagation.internal.http.LogicalCall;
import dev.llmpropagation.internal.http.LogicalCalls;
import dev.llmpropagation.internal.http.NetworkSettings;
import dev.llmpropagation.internal.span.CurrentContext;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/** The network of one client and of all that are derived from it. Thread-safe. */
final class Transport {

    private static final String RETRY_COUNT = "X-Stainless-Retry-Count";

    private final OkHttpClient client;
    private final LogicalCalls calls;
    private final CurrentContext current;
    private final boolean ownsPool;
    // A WebSocket opens again, with the options it was opened with, for as long as the program holds it.
    private final Map<Object, LogicalCall> connections = Collections.synchronizedMap(new WeakHashMap<>());

    private Transport(OkHttpClient client, LogicalCalls calls, CurrentContext current, boolean ownsPool) {
        this.ownsPool = ownsPool;
        this.client = client;
        this.calls = calls;
        this.current = current;
    }

    /** @param service that the factory is for, or null */
    static Transport create(LlmPropagation propagation, NetworkSettings network, @Nullable OpenAiCompatible service) {
        OkHttpClient.Builder builder = network.newClient(Transport::asTheSdk, "llm-propagation OpenAI dispatcher");
        LogicalCalls calls = new LogicalCalls();
        // No origin of its own: requests without the facade's mark, as for a token, must get no header.
        ClientProfile profile = ClientProfile.of(null)
                .withFacade(calls, RETRY_COUNT, CancelledCalls::response)
                .withModelCalls(url -> providerName(url.host(), service));
        ClientInstrumenter clients = ClientInstrumenter.OF_PROPAGATION.behind(propagation);
        OkHttpClient client = clients.instrument(builder, profile).build();
        return new Transport(client, calls, clients.currentContext(), !network.isPoolOfBase(client));
    }

    /** A base URL of the program's can lead to another service than that of the factory. */
    private static @Nullable String providerName(String host, @Nullable OpenAiCompatible service) {
        String known = ProviderHosts.providerNameOf(host);
        return known != null || service == null ? known : service.providerName();
    }

    private static OkHttpClient.Builder asTheSdk() {
        Timeout timeout = Timeout.builder().build();
        Dispatcher limits = new Dispatcher();
        limits.setMaxRequestsPerHost(limits.getMaxRequests());
        return new OkHttpClient.Builder()
                .connectTimeout(timeout.connect())
                .readTimeout(timeout.read())
                .writeTimeout(timeout.write())
                .callTimeout(timeout.request())
                .dispatcher(limits);
    }

    OkHttpClient client() {
        return client;
    }

    LogicalCalls calls() {
        return calls;
    }

    CurrentContext current() {
        return current;
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
        if (ownsPool) {
            client.connectionPool().evictAll();
        }
    }
}
