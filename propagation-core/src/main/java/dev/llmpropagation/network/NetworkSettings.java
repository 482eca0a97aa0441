package dev.llmpropagation.network;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import okhttp3.ConnectionPool;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/**
 * All that the program says of a client's network. For the provider modules, whose factories take each part by itself.
 * Immutable.
 *
 * @param base the program's client to start from, or null for the SDK's own
 * @param proxy null to leave that of {@code base}
 * @param tls null to leave that of {@code base}
 * @param connections null to leave those of {@code base}
 */
public record NetworkSettings(
        @Nullable OkHttpClient base,
        @Nullable ProxySettings proxy,
        @Nullable TlsSettings tls,
        @Nullable ConnectionSettings connections) {

    /** Nothing said. */
    public static final NetworkSettings NONE = new NetworkSettings(null, null, null, null);

    public NetworkSettings withBase(OkHttpClient client) {
        return new NetworkSettings(client, proxy, tls, connections);
    }

    public NetworkSettings withProxy(ProxySettings settings) {
        return new NetworkSettings(base, settings, tls, connections);
    }

    public NetworkSettings withTls(TlsSettings settings) {
        return new NetworkSettings(base, proxy, settings, connections);
    }

    public NetworkSettings withConnections(ConnectionSettings settings) {
        return new NetworkSettings(base, proxy, tls, settings);
    }

    /**
     * A client with a dispatcher and a connection pool of its own, so that it can be closed alone. An idle one does not
     * keep the program running.
     *
     * @param sdkDefault what the SDK itself would build, where there is no {@code base}
     * @param threads name of the dispatcher's threads
     */
    public OkHttpClient.Builder newClient(Supplier<OkHttpClient.Builder> sdkDefault, String threads) {
        OkHttpClient.Builder builder = base != null ? base.newBuilder() : sdkDefault.get();
        Dispatcher limits = builder.build().dispatcher();
        Dispatcher dispatcher = new Dispatcher(daemons(threads));
        dispatcher.setMaxRequests(limits.getMaxRequests());
        dispatcher.setMaxRequestsPerHost(limits.getMaxRequestsPerHost());
        builder.dispatcher(dispatcher).connectionPool(new ConnectionPool());
        if (proxy != null) {
            proxy.applyTo(builder);
        }
        if (tls != null) {
            tls.applyTo(builder);
        }
        return connections != null ? connections.applyTo(builder) : builder;
    }

    /** As OkHttp's own, but daemons. */
    private static ExecutorService daemons(String name) {
        return new ThreadPoolExecutor(0, Integer.MAX_VALUE, 60, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
    }
}
