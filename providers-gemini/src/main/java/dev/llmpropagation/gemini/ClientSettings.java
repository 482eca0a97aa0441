package dev.llmpropagation.gemini;

import com.google.auth.oauth2.GoogleCredentials;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.genai.Client;
import com.google.genai.types.ClientOptions;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import dev.llmpropagation.destination.Origin;
import dev.llmpropagation.internal.span.CurrentContext;
import java.util.Optional;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/** The SDK's builder, which has no getters, with a memory of what it was told. */
final class ClientSettings extends Client.Builder {

    private Optional<String> apiKey = Optional.empty();
    private Optional<String> project = Optional.empty();
    private Optional<String> location = Optional.empty();
    private Optional<GoogleCredentials> credentials = Optional.empty();
    private Optional<HttpOptions> httpOptions = Optional.empty();
    private Optional<ClientOptions> clientOptions = Optional.empty();

    Optional<HttpOptions> httpOptions() {
        return httpOptions;
    }

    Optional<ClientOptions> clientOptions() {
        return clientOptions;
    }

    /** The options of requests that have none of their own. The SDK retries by default. */
    HttpRetryOptions retryOptions() {
        return httpOptions.flatMap(HttpOptions::retryOptions).orElseGet(() -> HttpRetryOptions.builder()
                .build());
    }

    Client buildWith(OkHttpClient http) {
        super.clientOptions(withClient(http));
        return super.build();
    }

    /**
     * What the services of this client send their requests by, once more: the client does not give its own. Null if the
     * SDK has it no longer.
     *
     * @param http of the client; lent, so that there is nothing to close
     */
    @Nullable
    CallerApiClient requestsOf(Client client, OkHttpClient http, CurrentContext current) {
        try {
            Optional<ClientOptions> options = Optional.of(withClient(http));
            return client.vertexAI()
                    ? new CallerApiClient(apiKey, project, location, credentials, httpOptions, options, current)
                    : new CallerApiClient(apiKey, httpOptions, options, current);
        } catch (RuntimeException | LinkageError e) {
            return null;
        }
    }

    /**
     * The origin of the base URL that the SDK settled on, or null if it cannot be learnt: then nobody is the configured
     * origin. The client does not tell it, but what it has inside does.
     */
    static @Nullable Origin originOf(@Nullable CallerApiClient inside) {
        try {
            return inside == null
                    ? null
                    : inside.httpOptions()
                            .baseUrl()
                            .map(HttpUrl::parse)
                            .map(Origin::of)
                            .orElse(null);
        } catch (RuntimeException | LinkageError e) {
            return null;
        }
    }

    private ClientOptions withClient(OkHttpClient http) {
        return clientOptions
                .map(ClientOptions::toBuilder)
                .orElseGet(ClientOptions::builder)
                .customHttpClient(http)
                .build();
    }

    @Override
    @CanIgnoreReturnValue
    public Client.Builder apiKey(String key) {
        super.apiKey(key);
        apiKey = Optional.of(key);
        return this;
    }

    @Override
    @CanIgnoreReturnValue
    public Client.Builder project(String id) {
        super.project(id);
        project = Optional.of(id);
        return this;
    }

    @Override
    @CanIgnoreReturnValue
    public Client.Builder location(String region) {
        super.location(region);
        location = Optional.of(region);
        return this;
    }

    @Override
    @CanIgnoreReturnValue
    public Client.Builder credentials(GoogleCredentials google) {
        super.credentials(google);
        credentials = Optional.of(google);
        return this;
    }

    @Override
    @CanIgnoreReturnValue
    public Client.Builder httpOptions(HttpOptions options) {
        super.httpOptions(options);
        httpOptions = Optional.of(options);
        return this;
    }

    @Override
    @CanIgnoreReturnValue
    public Client.Builder clientOptions(ClientOptions options) {
        super.clientOptions(options);
        if (options.customHttpClient().isPresent()) {
            throw new IllegalArgumentException("ClientOptions.customHttpClient would replace the client that carries"
                    + " trace context; give it to GeminiClientFactory.builder(propagation).httpClient(...) instead");
        }
        clientOptions = Optional.of(options);
        return this;
    }

    @Override
    public Client build() {
        throw new IllegalStateException("GeminiClientFactory.client(...) calls build() itself; leave it out");
    }
}
