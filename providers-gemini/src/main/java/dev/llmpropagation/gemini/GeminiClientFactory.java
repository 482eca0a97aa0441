package dev.llmpropagation.gemini;

import static java.util.Objects.requireNonNull;

import com.google.genai.Client;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.destination.Origin;
import dev.llmpropagation.http.ClientProfile;
import dev.llmpropagation.network.NetworkSettings;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/**
 * Builds google-genai clients, for the Gemini API and Vertex AI, whose every wire attempt is a CLIENT span and carries
 * the trace headers and the session id to the service that the client was built for.
 *
 * <pre>{@code
 * GeminiClientFactory gemini = GeminiClientFactory.create(propagation);
 * Client client = gemini.client(sdk -> sdk.apiKey(key).httpOptions(options));
 * }</pre>
 *
 * <p>{@code DestinationPolicy.configuredOrigin()} means the base URL that the SDK settles on when the client is built:
 * {@code HttpOptions.baseUrl}, then {@code Client.setDefaultBaseUrls}, then the environment, then Google's host for the
 * location. A request whose own {@code HttpOptions.baseUrl} names another origin gets no headers of ours.
 *
 * <p>Retries are made by this library with the SDK's options and defaults; {@code Retry-After} is honoured, up to {@code
 * maxDelay}. Not ours, and therefore neither traced nor given headers: the requests that fetch Google credentials.
 *
 * <p>Immutable and thread-safe. It holds no connection and no thread; each client has its own, and its {@link
 * Client#close()} releases them.
 */
public final class GeminiClientFactory {

    private final LlmPropagation propagation;
    private final NetworkSettings network;

    GeminiClientFactory(LlmPropagation propagation, NetworkSettings network) {
        this.propagation = propagation;
        this.network = network;
    }

    /** A factory with the defaults of each setting. */
    public static GeminiClientFactory create(LlmPropagation propagation) {
        return builder(propagation).build();
    }

    /** Starts with the defaults of each setting. */
    public static GeminiClientFactoryBuilder builder(LlmPropagation propagation) {
        return new GeminiClientFactoryBuilder(requireNonNull(propagation, "propagation"));
    }

    /**
     * Builds a client.
     *
     * @param sdk sets the SDK's own options, all of which count as they do without this library. It must not call {@code
     *     build()}, and {@code ClientOptions.customHttpClient} belongs on {@link GeminiClientFactoryBuilder#httpClient}
     * @return a client that owns its connections and threads, which are daemons; close it after use
     * @throws IllegalArgumentException as the SDK does, for a {@code customHttpClient}, and for {@code proxyOptions}
     *     beside a proxy of the factory
     * @throws IllegalStateException if the consumer calls {@code build()}
     */
    public Client client(Consumer<Client.Builder> sdk) {
        requireNonNull(sdk, "sdk");
        ClientSettings settings = new ClientSettings();
        sdk.accept(settings);
        AtomicReference<@Nullable Origin> origin = new AtomicReference<>();
        ClientProfile profile = ClientProfile.ofLater(origin::get)
                .withRetry(new Retry(settings.retryOptions(), Ticker.SYSTEM))
                .withModelCalls(GeminiClientFactory::provider);
        OkHttpClient http = propagation
                .instrument(HttpStack.builder(network, settings), profile)
                .build();
        Client client = settings.buildWith(http);
        origin.set(settings.originOf(client, http));
        return client;
    }

    /** Where the path alone does not tell Gemini's API from OpenAI's. */
    private static @Nullable String provider(HttpUrl url) {
        List<String> path = url.pathSegments();
        boolean shared = path.get(path.size() - 1).equals("decisions");
        return !shared ? null : path.contains("projects") ? "gcp.vertex_ai" : "gcp.gemini";
    }
}
