package dev.llmpropagation.openai;

import com.openai.core.ClientOptions;
import dev.llmpropagation.internal.http.PrivateHeaders;
import dev.llmpropagation.internal.url.UrlParser;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/** The options of a new client: the program's, and the base URL as a mark on each request. For one use. */
final class Derivation implements Consumer<ClientOptions.Builder> {

    private final Transport transport;
    private final @Nullable Object httpClient;
    private final Consumer<ClientOptions.Builder> modifier;
    private @Nullable Settings settings;

    /**
     * What a facade knows of its client.
     *
     * @param httpClient the SDK's, by whose identity one that the program puts in its place is told
     * @param streamHandlers where the SDK runs handlers by default
     */
    record Settings(Transport transport, Object httpClient, Executor streamHandlers) {}

    /** @param httpClient of the client that this one comes from, or null for the first, which is on this transport */
    Derivation(Transport transport, @Nullable Object httpClient, Consumer<ClientOptions.Builder> modifier) {
        this.transport = transport;
        this.httpClient = httpClient;
        this.modifier = modifier;
    }

    @Override
    public void accept(ClientOptions.Builder options) {
        modifier.accept(options);
        // Building changes the builder only, in the same way as the SDK's own build() does right after.
        ClientOptions built = options.build();
        Object current = Objects.requireNonNullElse(SdkInternals.httpClient(built), SdkInternals.UNKNOWN);
        boolean onTransport = httpClient == null || (current == httpClient && current != SdkInternals.UNKNOWN);
        PrivateHeaders headers = transport.calls().headers();
        if (!onTransport || SdkInternals.signsRequests(built)) {
            // In such a client no step would remove the header before the request is signed and sent.
            options.removeHeaders(headers.baseUrl());
            return;
        }
        String origin = origin(built.baseUrl());
        if (origin == null) {
            options.removeHeaders(headers.baseUrl());
        } else {
            options.replaceHeaders(headers.baseUrl(), headers.signed(origin));
        }
        settings = new Settings(transport, current, built.streamHandlerExecutor());
    }

    /** Of the derived client, or null if its requests must not be marked, and so it can have no facade. */
    @Nullable
    Settings settings() {
        return settings;
    }

    /** Without user info and path, and in ASCII as a header must be. */
    private static @Nullable String origin(String baseUrl) {
        HttpUrl url = UrlParser.parse(baseUrl);
        return url == null
                ? null
                : new HttpUrl.Builder()
                        .scheme(url.scheme())
                        .host(url.host())
                        .port(url.port())
                        .build()
                        .toString();
    }
}
