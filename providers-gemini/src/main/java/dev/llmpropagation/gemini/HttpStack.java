package dev.llmpropagation.gemini;

import com.google.genai.types.ClientOptions;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.ProxyOptions;
import com.google.genai.types.ProxyType;
import dev.llmpropagation.internal.http.NetworkSettings;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.time.Duration;
import okhttp3.Credentials;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;

/**
 * The OkHttpClient that the SDK would have built: given one, it ignores these settings. The dispatcher is new each time,
 * because the SDK's {@code close()} shuts it down.
 */
final class HttpStack {

    private HttpStack() {}

    /**
     * @param network of the factory
     * @throws IllegalArgumentException for the settings that the SDK refuses, with its text, and for two proxies
     */
    static OkHttpClient.Builder builder(NetworkSettings network, ClientSettings settings) {
        boolean sdkProxy =
                settings.clientOptions().flatMap(ClientOptions::proxyOptions).isPresent();
        if (network.proxy() != null && sdkProxy) {
            throw new IllegalArgumentException("Two proxies for one client: leave out ClientOptions.proxyOptions, or"
                    + " GeminiClientFactory.builder(propagation).proxy(...)");
        }
        OkHttpClient.Builder builder = network.newClient(HttpStack::asTheSdk, "llm-propagation-gemini");
        settings.httpOptions()
                .flatMap(HttpOptions::timeout)
                .ifPresent(millis -> builder.callTimeout(Duration.ofMillis(millis)));

        Dispatcher dispatcher = builder.build().dispatcher();
        settings.clientOptions().ifPresent(options -> {
            options.maxConnections().ifPresent(dispatcher::setMaxRequests);
            options.maxConnectionsPerHost().ifPresent(dispatcher::setMaxRequestsPerHost);
            options.proxyOptions().ifPresent(proxy -> applyProxy(proxy, builder));
        });
        return builder;
    }

    private static OkHttpClient.Builder asTheSdk() {
        return new OkHttpClient.Builder()
                .connectTimeout(Duration.ZERO)
                .readTimeout(Duration.ZERO)
                .writeTimeout(Duration.ZERO);
    }

    private static void applyProxy(ProxyOptions options, OkHttpClient.Builder builder) {
        ProxyType type = options.type().orElseGet(() -> new ProxyType(ProxyType.Known.HTTP));
        switch (type.knownEnum()) {
            case DIRECT -> builder.proxy(Proxy.NO_PROXY);
            case HTTP -> applyProxy(Proxy.Type.HTTP, options, builder);
            case SOCKS -> applyProxy(Proxy.Type.SOCKS, options, builder);
            default -> throw new IllegalArgumentException("Unsupported proxy type: " + type);
        }
    }

    private static void applyProxy(Proxy.Type type, ProxyOptions options, OkHttpClient.Builder builder) {
        String host = options.host()
                .orElseThrow(() -> new IllegalArgumentException("Proxy host is required in the ProxyOptions."));
        int port = options.port()
                .orElseThrow(() -> new IllegalArgumentException("Proxy port is required in the ProxyOptions."));
        builder.proxy(new Proxy(type, new InetSocketAddress(host, port)));
        if (options.username().isPresent() != options.password().isPresent()) {
            throw new IllegalArgumentException("Proxy username and password must both be provided or not at all.");
        }
        if (options.username().isPresent() && options.password().isPresent()) {
            String credential = Credentials.basic(
                    options.username().get(), options.password().get());
            builder.proxyAuthenticator((route, response) -> response.request().header("Proxy-Authorization") != null
                    ? null
                    : response.request()
                            .newBuilder()
                            .header("Proxy-Authorization", credential)
                            .build());
        }
    }
}
