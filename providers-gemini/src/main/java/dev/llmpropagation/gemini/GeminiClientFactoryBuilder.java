package dev.llmpropagation.gemini;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.LlmPropagation;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/** Builds a {@link GeminiClientFactory}. Each setter replaces what was set before; none takes null. Not thread-safe. */
public final class GeminiClientFactoryBuilder {

    private final LlmPropagation propagation;
    private @Nullable OkHttpClient base;

    GeminiClientFactoryBuilder(LlmPropagation propagation) {
        this.propagation = propagation;
    }

    /**
     * What the clients' HTTP stacks start from, in place of {@code ClientOptions.customHttpClient}: its interceptors,
     * event listener, timeouts, proxy, TLS, DNS, redirect settings and dispatcher limits. It is never changed, and goes
     * on living when a client is closed: each client has a dispatcher with threads and a connection pool of its own,
     * and no cache.
     *
     * <p>The SDK's settings win over it where they are given: {@code HttpOptions.timeout}, {@code
     * ClientOptions.proxyOptions}, {@code maxConnections} and {@code maxConnectionsPerHost}.
     *
     * <p>Default: what the SDK itself builds, without timeouts. An OkHttpClient built without timeouts of its own has
     * OkHttp's, which end a read after 10 seconds of silence.
     */
    public GeminiClientFactoryBuilder httpClient(OkHttpClient client) {
        base = requireNonNull(client, "httpClient");
        return this;
    }

    public GeminiClientFactory build() {
        return new GeminiClientFactory(propagation, base);
    }
}
