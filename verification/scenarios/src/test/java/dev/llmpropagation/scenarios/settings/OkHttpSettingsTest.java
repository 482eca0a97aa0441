package dev.llmpropagation.scenarios.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.genai.Client;
import com.google.genai.types.ClientOptions;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.OwnSockets;
import dev.llmpropagation.fixtures.TrustAnybody;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.openai.OpenAiClientFactory;
import io.opentelemetry.api.OpenTelemetry;
import java.io.File;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import okhttp3.Authenticator;
import okhttp3.Cache;
import okhttp3.Call;
import okhttp3.CertificatePinner;
import okhttp3.ConnectionPool;
import okhttp3.ConnectionSpec;
import okhttp3.CookieJar;
import okhttp3.Dispatcher;
import okhttp3.EventListener;
import okhttp3.Interceptor;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Response;
import okhttp3.ResponseBody;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a program sets on the OkHttpClient that it gives to a factory is what the bare SDK would use of it, setting by
 * setting. A setting that a newer OkHttp brings fails here until somebody has looked at it.
 */
class OkHttpSettingsTest {

    // Read by the methods of OkHttpClient whose names do not follow from that of the setting.
    private static final Map<String, String> GETTERS = Map.of(
            "addInterceptor", "interceptors",
            "addNetworkInterceptor", "networkInterceptors",
            "eventListener", "eventListenerFactory");

    // Those where we stand in place of what was set; docs/differences.md has a line for each.
    private static final Set<String> OURS = Set.of(
            "addInterceptor", // among the steps
            "authenticator",
            "dispatcher",
            "eventListener",
            "eventListenerFactory",
            "followRedirects",
            "followSslRedirects",
            "proxyAuthenticator");

    private final LlmPropagation propagation =
            LlmPropagation.builder(OpenTelemetry.noop()).build();

    @TempDir
    File directory;

    enum Sdk {
        OPENAI,
        GEMINI
    }

    static Stream<Arguments> settings() {
        return Arrays.stream(Sdk.values()).flatMap(sdk -> names().stream().map(name -> Arguments.of(sdk, name)));
    }

    private static Set<String> names() {
        Set<String> names = new TreeSet<>();
        for (Method method : OkHttpClient.Builder.class.getMethods()) {
            boolean setter = method.getReturnType() == OkHttpClient.Builder.class
                    && !Modifier.isStatic(method.getModifiers())
                    && method.getName().matches("\\w+");
            if (setter) {
                names.add(method.getName());
            }
        }
        return names;
    }

    @ParameterizedTest
    @MethodSource("settings")
    void setting_isTheBareSdksOrStandsAmongTheDifferences(Sdk sdk, String name) throws Exception {
        if (name.equals("cache") && sdk == Sdk.GEMINI) {
            assertThatThrownBy(() -> used(sdk, base(name), true)).isInstanceOf(IllegalArgumentException.class);
            return;
        }
        OkHttpClient base = base(name);
        OkHttpClient bare = used(sdk, base, false);
        OkHttpClient ours = used(sdk, base, true);
        Object plain = read(used(sdk, base("connectTimeout"), false), name);
        if (OURS.contains(name)) {
            assertIsAround(name, base, ours);
        } else {
            assertThat(read(bare, name)).isEqualTo(read(ours, name));
        }
        // Some the SDK sets for itself.
        if (!Set.of("connectTimeout", "retryOnConnectionFailure", "eventListener", "addNetworkInterceptor", "dns")
                .contains(name)) {
            assertThat(read(base, name)).as("was set").isNotEqualTo(plain);
        }
    }

    @Test
    void lineOfTheDifferences_isThereForEachOfOurs() {
        assertThat(names()).containsAll(OURS);
    }

    private static void assertIsAround(String name, OkHttpClient base, OkHttpClient ours) throws Exception {
        switch (name) {
            case "addInterceptor" -> assertThat(ours.interceptors()).containsAll(base.interceptors());
            case "authenticator", "proxyAuthenticator" ->
                assertThat(read(ours, name)).isNotSameAs(Authenticator.NONE);
            case "dispatcher" -> {
                assertThat(ours.dispatcher().getMaxRequests()).isEqualTo(9);
                assertThat(ours.dispatcher().getMaxRequestsPerHost()).isEqualTo(4);
                assertThat(ours.dispatcher().getIdleCallback())
                        .isSameAs(base.dispatcher().getIdleCallback());
            }
            case "eventListener", "eventListenerFactory" ->
                assertThat(((Heard) base.interceptors().get(0)).events).contains("callStart");
            case "followRedirects", "followSslRedirects" ->
                assertThat(read(ours, name)).isEqualTo(false); // our step follows instead, RedirectTest says how
            default -> throw new AssertionError(name);
        }
    }

    /** A client that never reaches a network and has this set. */
    private OkHttpClient base(String name) throws Exception {
        Heard heard = new Heard();
        OkHttpClient.Builder builder = new OkHttpClient.Builder().addInterceptor(heard);
        setter(name, heard).accept(builder);
        return builder.build();
    }

    private Consumer<OkHttpClient.Builder> setter(String name, Heard heard) throws GeneralSecurityException {
        return switch (name) {
            case "addInterceptor" -> builder -> builder.addInterceptor(chain -> chain.proceed(chain.request()));
            case "addNetworkInterceptor" ->
                builder -> builder.addNetworkInterceptor(chain -> chain.proceed(chain.request()));
            case "authenticator" -> builder -> builder.authenticator((route, response) -> null);
            case "cache" -> builder -> builder.cache(new Cache(directory, 1 << 20));
            case "callTimeout",
                    "connectTimeout",
                    "readTimeout",
                    "writeTimeout",
                    "pingInterval",
                    "webSocketCloseTimeout" -> builder -> set(builder, name, Duration.class, Duration.ofSeconds(47));
            case "certificatePinner" ->
                builder -> builder.certificatePinner(new CertificatePinner.Builder()
                        .add("gw.example.com", "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
                        .build());
            case "connectionPool" -> builder -> builder.connectionPool(new ConnectionPool(3, 7, TimeUnit.SECONDS));
            case "connectionSpecs" ->
                builder -> builder.connectionSpecs(List.of(ConnectionSpec.RESTRICTED_TLS, ConnectionSpec.CLEARTEXT));
            case "cookieJar" -> builder -> builder.cookieJar(new Cookies());
            case "dispatcher" -> builder -> builder.dispatcher(dispatcher());
            case "dns" -> builder -> builder.dns(host -> List.of(InetAddress.getLoopbackAddress()));
            case "eventListener" -> builder -> builder.eventListener(heard.listener());
            case "eventListenerFactory" -> builder -> builder.eventListenerFactory(call -> heard.listener());
            case "fastFallback", "followRedirects", "followSslRedirects", "retryOnConnectionFailure" ->
                builder -> set(builder, name, boolean.class, false);
            case "hostnameVerifier" -> builder -> builder.hostnameVerifier((host, session) -> false);
            case "minWebSocketMessageToCompress" -> builder -> builder.minWebSocketMessageToCompress(77);
            case "protocols" -> builder -> builder.protocols(List.of(Protocol.HTTP_1_1));
            case "proxy" -> builder -> builder.proxy(new Proxy(Proxy.Type.HTTP, new InetSocketAddress("127.0.0.1", 9)));
            case "proxyAuthenticator" -> builder -> builder.proxyAuthenticator((route, response) -> null);
            case "proxySelector" -> builder -> builder.proxySelector(ProxySelector.of(null));
            case "socketFactory" -> builder -> builder.socketFactory(new OwnSockets());
            case "sslSocketFactory" -> {
                SSLContext tls = SSLContext.getInstance("TLS");
                TrustAnybody trust = new TrustAnybody();
                tls.init(null, new TrustAnybody[] {trust}, null);
                yield builder -> builder.sslSocketFactory(tls.getSocketFactory(), trust);
            }
            default ->
                throw new AssertionError("OkHttp has a new setting, " + name
                        + ": see whether both factories honour it, and say here how it is set");
        };
    }

    private static Dispatcher dispatcher() {
        Dispatcher dispatcher = new Dispatcher();
        dispatcher.setMaxRequests(9);
        dispatcher.setMaxRequestsPerHost(4);
        dispatcher.setIdleCallback(() -> {});
        return dispatcher;
    }

    /** For settings that OkHttp 4 does not have. */
    private static void set(OkHttpClient.Builder builder, String name, Class<?> type, Object value) {
        try {
            OkHttpClient.Builder.class.getMethod(name, type).invoke(builder, value);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static Object read(OkHttpClient client, String setting) throws ReflectiveOperationException {
        String getter = GETTERS.getOrDefault(setting, setting);
        for (String name : List.of(getter, getter + "Millis", getter + "Ms")) {
            for (Method method : OkHttpClient.class.getMethods()) {
                if (method.getName().equals(name) && method.getParameterCount() == 0) {
                    return method.invoke(client);
                }
            }
        }
        throw new NoSuchMethodException("OkHttpClient." + getter);
    }

    /** The client whose call comes to the network in the end. */
    private OkHttpClient used(Sdk sdk, OkHttpClient base, boolean ours) throws Exception {
        Heard heard = (Heard) base.interceptors().get(0);
        heard.call.set(null);
        switch (sdk) {
            case OPENAI -> {
                OpenAIClient client = ours
                        ? OpenAiClientFactory.builder(propagation)
                                .httpClient(base)
                                .build()
                                .client(builder -> builder.apiKey("k").baseUrl("http://localhost"))
                        : OpenAIOkHttpClient.builder()
                                .okHttpClient(base)
                                .apiKey("k")
                                .baseUrl("http://localhost")
                                .build();
                client.models().delete("m");
                client.close();
            }
            case GEMINI -> {
                Client client = ours
                        ? GeminiClientFactory.builder(propagation)
                                .httpClient(base)
                                .build()
                                .client(builder -> builder.apiKey("k"))
                        : Client.builder()
                                .apiKey("k")
                                .clientOptions(ClientOptions.builder()
                                        .customHttpClient(base)
                                        .build())
                                .build();
                client.models.get("m", null);
                client.close();
            }
        }
        return (OkHttpClient) heard.call.get().getClass().getMethod("getClient").invoke(heard.call.get());
    }

    /** Answers in place of a network. */
    private static final class Heard implements Interceptor {
        final AtomicReference<Call> call = new AtomicReference<>();
        final List<String> events = new ArrayList<>();

        EventListener listener() {
            return new EventListener() {
                @Override
                public void callStart(Call started) {
                    events.add("callStart");
                }
            };
        }

        @Override
        public Response intercept(Chain chain) {
            call.set(chain.call());
            return new Response.Builder()
                    .request(chain.request())
                    .protocol(Protocol.HTTP_1_1)
                    .code(200)
                    .message("")
                    .body(ResponseBody.create(
                            "{\"id\":\"m\",\"object\":\"model\",\"deleted\":true}", MediaType.get("application/json")))
                    .build();
        }
    }

    private static final class Cookies implements CookieJar {
        @Override
        public List<okhttp3.Cookie> loadForRequest(okhttp3.HttpUrl url) {
            return List.of();
        }

        @Override
        public void saveFromResponse(okhttp3.HttpUrl url, List<okhttp3.Cookie> cookies) {}
    }
}
