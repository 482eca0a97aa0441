package dev.llmpropagation.internal.http;

import dev.llmpropagation.network.ConnectionSettings;
import dev.llmpropagation.network.ProxySettings;
import dev.llmpropagation.network.TlsSettings;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
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

    /** Leaves everything as the SDK has it. */
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
     * A client with a dispatcher of its own, so that it can be closed alone. Executor and connection pool of {@code base}
     * stay the program's: what shuts the dispatcher's executor down does not reach them. Without them, an idle client does
     * not keep the program running.
     *
     * @param sdkDefault what the SDK itself would build, where there is no {@code base}
     * @param threads name of the dispatcher's threads
     */
    public OkHttpClient.Builder newClient(Supplier<OkHttpClient.Builder> sdkDefault, String threads) {
        OkHttpClient.Builder builder = base != null ? base.newBuilder() : sdkDefault.get();
        Dispatcher program = builder.build().dispatcher();
        Dispatcher dispatcher = new Dispatcher(executor(threads));
        dispatcher.setMaxRequests(program.getMaxRequests());
        dispatcher.setMaxRequestsPerHost(program.getMaxRequestsPerHost());
        dispatcher.setIdleCallback(program.getIdleCallback());
        builder.dispatcher(dispatcher);
        if (proxy != null) {
            proxy.applyTo(builder);
        }
        if (tls != null) {
            tls.applyTo(builder);
        }
        return connections != null ? connections.applyTo(builder) : builder;
    }

    /** Whether the connection pool is that of {@code base}, so that closing this client must leave it alone. */
    public boolean isPoolOfBase(OkHttpClient client) {
        return base != null && client.connectionPool() == base.connectionPool();
    }

    private ExecutorService executor(String threads) {
        ExecutorService program = base == null ? null : base.dispatcher().executorService();
        return program == null || isOkHttps(program) ? daemons(threads) : new LentExecutor(program);
    }

    /** A dispatcher that was given no executor makes one, whose threads outlive the program's work by a minute. */
    private static boolean isOkHttps(ExecutorService executor) {
        return executor instanceof ThreadPoolExecutor pool
                && pool.getThreadFactory().getClass().getName().startsWith("okhttp3.");
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
