package dev.llmpropagation.openai;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.LlmPropagation;
import java.util.function.Function;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/** Builds an {@link OpenAiClientFactory}. Each setter replaces what was set before; none takes null. Not thread-safe. */
public final class OpenAiClientFactoryBuilder {

    final LlmPropagation propagation;

    @Nullable
    OkHttpClient base;

    @Nullable
    OpenAiCompatible service;

    Function<String, @Nullable String> environment = System::getenv;

    OpenAiClientFactoryBuilder(LlmPropagation propagation) {
        this.propagation = propagation;
    }

    /**
     * What the clients' network is like: interceptors, listener, proxy, TLS, DNS, authenticators, redirects, cache,
     * timeouts and the dispatcher's limits are taken from here. Each client gets a dispatcher and a connection pool of
     * its own, so that it can be closed alone. Timeouts are these unless the SDK's builder sets some; note that OkHttp
     * reads for 10 seconds by default. Default: a client with the SDK's own timeouts and limits.
     *
     * <p>This is the place for all that the SDK's builder would set on its own HTTP client (proxy, TLS, pool,
     * dispatcher, redirects): it refuses them beside a client that it is given.
     */
    public OpenAiClientFactoryBuilder httpClient(OkHttpClient client) {
        base = requireNonNull(client, "httpClient");
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
