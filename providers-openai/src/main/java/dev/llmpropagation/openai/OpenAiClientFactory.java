package dev.llmpropagation.openai;

import static java.util.Objects.requireNonNull;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.client.okhttp.OpenAIOkHttpClientAsync;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.internal.http.NetworkSettings;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/**
 * Makes clients of openai-java whose wire attempts are spans and carry trace context and session id.
 *
 * <pre>{@code
 * OpenAiClientFactory openai = OpenAiClientFactory.create(propagation);
 * OpenAIClient client = openai.client(sdk -> sdk.apiKey(key));
 * }</pre>
 *
 * <p>A client's calls belong to the span and session that are current where they are made, in async code too: futures
 * and stream handlers run with that Context. Cancelling a future, or closing a stream before its response came, cancels
 * the request. Each client owns its dispatcher (of daemon threads) and connection pool, unless {@code httpClient(base)}
 * has an executor and a pool; {@code close()} releases what is its own, and touches no other client except those that
 * came from it by {@code async()}, {@code sync()} and {@code withOptions}.
 *
 * <p>An interceptor added on the SDK's builder runs for each redirect hop; those of {@code httpClient(base)} run once. A
 * client whose requests are signed as a whole is the SDK's own: its attempts are spans, but carry no header of ours, unless
 * the destinations are {@code all()} or name its host. Such a header is not part of what is signed, and must not stand in the
 * place of one that is. Its idle threads and connections end on their own.
 *
 * <p>Immutable and thread-safe. Make one client and share it.
 */
public final class OpenAiClientFactory {

    private final LlmPropagation propagation;
    private final NetworkSettings network;
    private final @Nullable OpenAiCompatible service;
    private final Function<String, @Nullable String> environment;

    OpenAiClientFactory(OpenAiClientFactoryBuilder builder) {
        this.propagation = builder.propagation;
        this.network = builder.network;
        this.service = builder.service;
        this.environment = builder.environment;
    }

    /** A factory with the defaults of each setting. */
    public static OpenAiClientFactory create(LlmPropagation propagation) {
        return builder(propagation).build();
    }

    /** Starts with the defaults of each setting. */
    public static OpenAiClientFactoryBuilder builder(LlmPropagation propagation) {
        return new OpenAiClientFactoryBuilder(requireNonNull(propagation, "propagation"));
    }

    /**
     * Makes a client.
     *
     * @param sdk sets what concerns the API: key, base URL, retries, timeouts. The HTTP client is the factory's
     * @throws IllegalArgumentException if it sets what belongs to {@link OpenAiClientFactoryBuilder#httpClient}
     * @throws IllegalStateException if there is no credential; names the variable of the factory's service
     */
    public OpenAIClient client(Consumer<OpenAIOkHttpClient.Builder> sdk) {
        requireNonNull(sdk, "sdk");
        OpenAIOkHttpClient.Builder builder = OpenAIOkHttpClient.builder();
        if (service != null) {
            builder.baseUrl(service.baseUrl());
        }
        sdk.accept(builder);
        return make(OpenAIClient.class, builder, builder::okHttpClient, builder::apiKey, builder::build);
    }

    /** As {@link #client}, for the async interface. */
    public OpenAIClientAsync asyncClient(Consumer<OpenAIOkHttpClientAsync.Builder> sdk) {
        requireNonNull(sdk, "sdk");
        OpenAIOkHttpClientAsync.Builder builder = OpenAIOkHttpClientAsync.builder();
        if (service != null) {
            builder.baseUrl(service.baseUrl());
        }
        sdk.accept(builder);
        return make(OpenAIClientAsync.class, builder, builder::okHttpClient, builder::apiKey, builder::build);
    }

    private <T> T make(
            Class<T> type,
            Object builder,
            Consumer<OkHttpClient> okHttpClient,
            Consumer<String> apiKey,
            Supplier<T> build) {
        if (SdkInternals.hasOkHttpClient(builder)) {
            throw new IllegalArgumentException("Give the OkHttpClient to OpenAiClientFactory.builder(propagation)"
                    + ".httpClient(base): the SDK's builder holds one only, and that is the factory's");
        }
        Transport transport = Transport.create(propagation, network, service);
        boolean made = false;
        try {
            okHttpClient.accept(transport.client());
            T client = Facade.of(type, build(apiKey, build), transport);
            made = true;
            return client;
        } catch (IllegalArgumentException e) {
            throw explained(e);
        } finally {
            if (!made) {
                transport.release();
            }
        }
    }

    /** Builds without the service's key first, because only then does the SDK say whether the program set another. */
    private <T> T build(Consumer<String> apiKey, Supplier<T> build) {
        try {
            return build.get();
        } catch (IllegalStateException e) {
            if (service == null || !messageOf(e).contains("credential source")) {
                throw e;
            }
            String key = environment.apply(service.apiKeyVariable());
            if (key == null || key.isBlank()) {
                throw new IllegalStateException(
                        "No API key for " + service + ": set " + service.apiKeyVariable() + " or call sdk.apiKey(key)",
                        e);
            }
            apiKey.accept(key.strip());
            return build.get();
        }
    }

    private static IllegalArgumentException explained(IllegalArgumentException e) {
        String message = messageOf(e);
        if (message.contains("X.509 workload identity")) {
            return new IllegalArgumentException(
                    "X.509 workload identity needs connections of the SDK's own, which this library cannot follow:"
                            + " make this client with OpenAIOkHttpClient.builder(), or use another credential",
                    e);
        }
        if (message.contains("transport settings")) {
            return new IllegalArgumentException(
                    "Set proxy, TLS, timeouts and limits by proxy(settings), tls(settings) and connections(settings) of"
                            + " the factory's builder, and all else on the OkHttpClient that you give to"
                            + " OpenAiClientFactory.builder(propagation).httpClient(base), not on the SDK's builder",
                    e);
        }
        return e;
    }

    private static String messageOf(Exception e) {
        return e.getMessage() == null ? "" : e.getMessage();
    }
}
