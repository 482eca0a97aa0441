package dev.llmpropagation.gemini;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.internal.http.NetworkSettings;
import dev.llmpropagation.network.ConnectionSettings;
import dev.llmpropagation.network.ProxySettings;
import dev.llmpropagation.network.TlsSettings;
import okhttp3.OkHttpClient;

/** Builds a {@link GeminiClientFactory}. Each setter replaces what was set before; none takes null. Not thread-safe. */
public final class GeminiClientFactoryBuilder {

    private final LlmPropagation propagation;
    private NetworkSettings network = NetworkSettings.NONE;

    GeminiClientFactoryBuilder(LlmPropagation propagation) {
        this.propagation = propagation;
    }

    /**
     * What the clients' HTTP stacks start from, in place of {@code ClientOptions.customHttpClient}: its interceptors,
     * event listener, timeouts, proxy, TLS, DNS, redirect settings, connection pool, and the dispatcher's limits and
     * executor. It is never changed, and goes on living when a client is closed: each client has a dispatcher of its own,
     * with daemon threads unless this one has an executor. Whoever made executor and pool closes them; a client that is
     * closed only takes idle connections out of the pool, as the SDK does.
     *
     * <p>The SDK's settings win over it where they are given: {@code HttpOptions.timeout}, {@code
     * ClientOptions.proxyOptions}, {@code maxConnections} and {@code maxConnectionsPerHost}.
     *
     * <p>Default: what the SDK itself builds, without timeouts. An OkHttpClient built without timeouts of its own has
     * OkHttp's, which end a read after 10 seconds of silence.
     *
     * @throws IllegalArgumentException if it has a cache: the SDK's {@code close()} would close that for all its users
     */
    public GeminiClientFactoryBuilder httpClient(OkHttpClient client) {
        if (requireNonNull(client, "httpClient").cache() != null) {
            throw new IllegalArgumentException(
                    "The OkHttpClient has a cache, which google-genai would close together with"
                            + " the first of its clients: give GeminiClientFactory.builder(propagation).httpClient(...)"
                            + " base.newBuilder().cache(null).build()");
        }
        network = network.withBase(client);
        return this;
    }

    /**
     * Through which proxy the clients reach which hosts. It replaces the proxy, its selector and its authenticator of
     * {@link #httpClient}. A client whose {@code ClientOptions.proxyOptions} name another is refused. Google credentials
     * are fetched by another HTTP stack, which does not know of it.
     *
     * <p>Default: {@code ClientOptions.proxyOptions}, then those of {@link #httpClient}, or without such a client the JVM's
     * {@code ProxySelector}, as the SDK does; no variable of the environment is read.
     */
    public GeminiClientFactoryBuilder proxy(ProxySettings settings) {
        network = network.withProxy(requireNonNull(settings, "proxy"));
        return this;
    }

    /** Whom the clients trust and what they show of themselves. Default: {@link #httpClient}'s, or the JVM's. */
    public GeminiClientFactoryBuilder tls(TlsSettings settings) {
        network = network.withTls(requireNonNull(settings, "tls"));
        return this;
    }

    /**
     * Timeouts and limits. They win over those of {@link #httpClient}; {@code HttpOptions.timeout} (the whole call with its
     * retries), {@code maxConnections} and {@code maxConnectionsPerHost} win over these. Default: {@link #httpClient}'s, or
     * the SDK's own, which has no timeout.
     */
    public GeminiClientFactoryBuilder connections(ConnectionSettings settings) {
        network = network.withConnections(requireNonNull(settings, "connections"));
        return this;
    }

    public GeminiClientFactory build() {
        return new GeminiClientFactory(propagation, network);
    }
}
