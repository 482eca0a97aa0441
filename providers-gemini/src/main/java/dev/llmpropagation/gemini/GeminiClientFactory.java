package dev.llmpropagation.gemini;

import static java.util.Objects.requireNonNull;

import com.google.genai.Client;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.destination.Origin;
import dev.llmpropagation.internal.http.ClientInstrumenter;
import dev.llmpropagation.internal.http.ClientProfile;
import dev.llmpropagation.internal.http.NetworkSettings;
import dev.llmpropagation.internal.span.CurrentContext;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
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
 * <p>Immutable and thread-safe. It holds no connection and no thread; each client has its own, unless {@code
 * httpClient(base)} has an executor and a pool, and its {@link Client#close()} releases them.
 */
public final class GeminiClientFactory {

    private final LlmPropagation propagation;
    private final NetworkSettings network;
    private final CurrentContext current;
    // By identity, as a client has no equals of its own; for as long as the program holds it.
    private final Map<Client, CallerApiClient> requests = Collections.synchronizedMap(new WeakHashMap<>());

    GeminiClientFactory(LlmPropagation propagation, NetworkSettings network) {
        this.propagation = propagation;
        this.network = network;
        this.current = ClientInstrumenter.OF_PROPAGATION.behind(propagation).currentContext();
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
     * @return a client that owns its threads, which are daemons, and connections, or uses those of {@code
     *     httpClient(base)}; close it after use
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
        OkHttpClient.Builder stack = HttpStack.builder(network, settings);
        stack.eventListenerFactory(new LostCallers(stack.build().eventListenerFactory(), current));
        OkHttpClient http = ClientInstrumenter.OF_PROPAGATION
                .behind(propagation)
                .instrument(stack, profile)
                .build();
        Client client = settings.buildWith(http);
        CallerApiClient inside = settings.requestsOf(client, http, current);
        origin.set(ClientSettings.originOf(inside));
        if (inside != null) {
            requests.put(client, inside);
        }
        return client;
    }

    /**
     * The client's asynchronous services, in place of {@link Client#async}, for the caller whose Context is current now.
     * Each request of theirs has that caller, also those that the SDK makes on threads of its own: of automatic function
     * calling and automatic continuation, of uploads and downloads, of each page of a list. With {@code client.async} those
     * have none.
     *
     * <pre>{@code
     * gemini.async(client).files.upload(bytes, config)
     * }</pre>
     *
     * <p>Ask anew for each call; it costs less than a microsecond or two. Kept for longer, the services give the requests of
     * those threads to the caller they were asked for by. Where a Context is current when a service is called, that one is
     * the caller.
     *
     * <p>Asynchronous stages behind the futures run in the caller's Context, and a program that cancels a future, or
     * completes it, ends its request on the wire. Neither is so for uploads, downloads, lists and {@code tunings.get},
     * whose futures begin on the common pool. Those of {@code live.connect} and of the generated services, {@code
     * interactions} and what came with them, are the SDK's own: neither is so for them.
     *
     * @param client that this factory has made; services of another are returned as they are, and a diagnostic says so
     */
    public Client.Async async(Client client) {
        requireNonNull(client, "client");
        CallerApiClient inside = requests.get(client);
        if (inside == null) {
            current.diagnostics()
                    .accept(
                            "GeminiClientFactory.async(client) does not know this client, whose requests on the SDK's own"
                                    + " threads stay without a caller; ask the factory that made it",
                            null);
            return client.async;
        }
        return client.new Async(inside.ofCaller());
    }

    /** Where the path alone does not tell Gemini's API from OpenAI's. */
    private static @Nullable String provider(HttpUrl url) {
        List<String> path = url.pathSegments();
        boolean shared = path.get(path.size() - 1).equals("decisions");
        return !shared ? null : path.contains("projects") ? "gcp.vertex_ai" : "gcp.gemini";
    }
}
