package dev.llmpropagation.openai;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.internal.http.NetworkSettings;
import dev.llmpropagation.network.ConnectionSettings;
import dev.llmpropagation.network.ProxySettings;
import dev.llmpropagation.network.TlsSettings;
import java.util.function.Function;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/** Builds an {@link OpenAiClientFactory}. Each setter replaces what was set before; none takes null. Not thread-safe. */
public final class OpenAiClientFactoryBuilder {

    final LlmPropagation propagation;

    NetworkSettings network = NetworkSettings.NONE;

    @Nullable
    OpenAiCompatible service;

    Function<String, @Nullable String> environment = System::getenv;

    OpenAiClientFactoryBuilder(LlmPropagation propagation) {
        this.propagation = propagation;
    }

    /**
     * What the clients' network is like: interceptors, listener, proxy, TLS, DNS, authenticators, redirects, cache,
     * connection pool, timeouts, and the dispatcher's limits and executor are taken from here. Each client gets a
     * dispatcher of its own, so that it can be closed alone; executor, pool and cache stay this client's, and whoever made
     * them closes them. Without an executor, a client has daemon threads of its own. Timeouts are these unless the SDK's
     * builder sets some; note that OkHttp reads for 10 seconds by default. Default: a client with the SDK's own timeouts
     * and limits.
     *
     * <p>This is the place for all that the SDK's builder would set on its own HTTP client (proxy, TLS, pool,
     * dispatcher, redirects): it refuses them beside a client that it is given.
     */
    public OpenAiClientFactoryBuilder httpClient(OkHttpClient client) {
        network = network.withBase(requireNonNull(client, "httpClient"));
        return this;
    }

    /**
     * Through which proxy the clients reach which hosts, WebSockets included. It replaces the proxy, its selector and its
     * authenticator of {@link #httpClient}. Default: those, or without such a client the JVM's {@code ProxySelector}, as
     * the SDK does; no variable of the environment is read.
     */
    public OpenAiClientFactoryBuilder proxy(ProxySettings settings) {
        network = network.withProxy(requireNonNull(settings, "proxy"));
        return this;
    }

    /** Whom the clients trust and what they show of themselves. Default: {@link #httpClient}'s, or the JVM's. */
    public OpenAiClientFactoryBuilder tls(TlsSettings settings) {
        network = network.withTls(requireNonNull(settings, "tls"));
        return this;
    }

    /**
     * Timeouts and limits. Timeouts win over those of {@link #httpClient} and reach the service in the SDK's own headers;
     * {@code sdk.timeout(...)} and the timeout of a request win over these. Default: {@link #httpClient}'s, or the SDK's
     * own.
     */
    public OpenAiClientFactoryBuilder connections(ConnectionSettings settings) {
        network = network.withConnections(requireNonNull(settings, "connections"));
        return this;
    }

    /**
     * The service that clients talk to. A base URL set on the SDK's builder wins. Where the SDK's builder gets no
     * credential, the API key is read from the service's variable when a client is made. Default: the SDK's own base URL
     * and credentials.
     */
    public OpenAiClientFactoryBuilder service(OpenAiCompatible compatible) {
        service = requireNonNull(compatible, "service");
        return this;
    }

    OpenAiClientFactoryBuilder environment(Function<String, @Nullable String> variables) {
        environment = variables;
        return this;
    }

    public OpenAiClientFactory build() {
        return new OpenAiClientFactory(this);
    }
}
