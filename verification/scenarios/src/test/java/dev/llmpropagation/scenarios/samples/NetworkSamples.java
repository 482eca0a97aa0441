package dev.llmpropagation.scenarios.samples;

import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.network.ProxySettings;
import dev.llmpropagation.openai.OpenAiClientFactory;
import java.util.function.Supplier;
import okhttp3.OkHttpClient;

/** The samples of docs/networks.md about proxies. */
public final class NetworkSamples {

    private NetworkSamples() {}

    public static ProxySettings companyProxy(String host, int port, Supplier<String> password) {
        // sample: companyProxy
        ProxySettings proxy = ProxySettings.http(host, port)
                .credentials("user", password::get)
                .except(".corp.example", "10.0.0.0/8");
        // end
        return proxy;
    }

    public static OpenAiClientFactory openAi(LlmPropagation propagation, ProxySettings proxy) {
        // sample: openAiProxy
        OpenAiClientFactory openai =
                OpenAiClientFactory.builder(propagation).proxy(proxy).build();
        // end
        return openai;
    }

    public static GeminiClientFactory gemini(LlmPropagation propagation, ProxySettings proxy) {
        // sample: geminiProxy
        GeminiClientFactory gemini =
                GeminiClientFactory.builder(propagation).proxy(proxy).build();
        // end
        return gemini;
    }

    public static OkHttpClient okHttp(LlmPropagation propagation, ProxySettings proxy, String baseUrl) {
        // sample: okHttpProxy
        OkHttpClient client = propagation
                .instrument(proxy.applyTo(new OkHttpClient.Builder()), baseUrl)
                .build();
        // end
        return client;
    }

    public static ProxySettings environment() {
        // sample: environmentProxy
        ProxySettings proxy = ProxySettings.fromEnvironment();
        // end
        return proxy;
    }

    public static ProxySettings socks(String host, String user, String password) {
        // sample: socksProxy
        ProxySettings proxy = ProxySettings.socks5(host, 1080).credentials(user, password);
        // end
        return proxy;
    }

    public static String explain(ProxySettings proxy) {
        // sample: explainProxy
        String way = proxy.explain("https://gw.corp.example/v1");
        // end
        return way;
    }
}
