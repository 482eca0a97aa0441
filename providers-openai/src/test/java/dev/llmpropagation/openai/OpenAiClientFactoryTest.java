package dev.llmpropagation.openai;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.client.okhttp.X509Transport;
import com.openai.client.okhttp.X509WorkloadIdentity;
import com.openai.core.RequestOptions;
import com.openai.core.Timeout;
import dev.llmpropagation.network.ConnectionSettings;
import io.opentelemetry.api.trace.Span;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509TrustManager;
import okhttp3.Dispatcher;
import okhttp3.EventListener;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a factory's clients are made of. */
class OpenAiClientFactoryTest {

    @RegisterExtension
    final SdkWire wire = new SdkWire();

    @Test
    void timeoutsAndLimits_areThoseOfTheSdk() {
        OkHttpClient client = SdkWire.transport(wire.client()).client();

        assertThat(client.connectTimeoutMillis()).isEqualTo(60_000);
        assertThat(client.readTimeoutMillis()).isEqualTo(600_000);
        assertThat(client.writeTimeoutMillis()).isEqualTo(600_000);
        assertThat(client.callTimeoutMillis()).isEqualTo(600_000);
        assertThat(client.dispatcher().getMaxRequestsPerHost())
                .isEqualTo(client.dispatcher().getMaxRequests());
    }

    @Test
    void timeoutOfTheSdksBuilder_isSentAndKept() {
        wire.answers(SdkWire.completion().withFixedDelay(5_000));
        OpenAIClient client =
                wire.client(OpenAiClientFactory.create(wire.propagation), sdk -> sdk.timeout(Duration.ofMillis(1_500))
                        .maxRetries(0));

        assertThatThrownBy(() -> SdkWire.ask(client))
                .isInstanceOf(com.openai.errors.OpenAIIoException.class)
                .hasRootCauseInstanceOf(java.io.IOException.class);
        assertThat(wire.attempts(1).get(0).getAttributes().asMap().values()).contains("timed_out");
        assertThat(wire.requests().get(0).getHeader("X-Stainless-Read-Timeout")).isEqualTo("1");
    }

    @Test
    void baseHttpClient_isKeptWithItsPoolAndItsDispatchersLimits() throws Exception {
        wire.answers(SdkWire.completion());
        List<String> events = new CopyOnWriteArrayList<>();
        Dispatcher dispatcher = new Dispatcher();
        dispatcher.setMaxRequests(7);
        dispatcher.setMaxRequestsPerHost(3);
        OkHttpClient base = new OkHttpClient.Builder()
                .readTimeout(Duration.ofSeconds(42))
                .dispatcher(dispatcher)
                .addInterceptor(chain -> {
                    events.add("interceptor "
                            + chain.request().headers().names().stream().anyMatch(SdkWire::isPrivate));
                    return chain.proceed(chain.request());
                })
                .eventListenerFactory(call -> new EventListener() {
                    @Override
                    public void callEnd(okhttp3.Call ended) {
                        events.add("callEnd");
                    }
                })
                .build();
        OpenAIClient client = wire.client(
                OpenAiClientFactory.builder(wire.propagation).httpClient(base).build(), sdk -> {});
        Span caller = wire.startSpan("caller");
        wire.inSpan(caller, () -> {
            SdkWire.ask(client);
            return SdkWire.ask(client.async()).get(20, TimeUnit.SECONDS);
        });

        wire.everyAttemptBelongsTo(caller, 2);
        assertThat(events).containsExactly("interceptor false", "callEnd", "interceptor false", "callEnd");
        assertThat(wire.requests().get(0).getHeader("X-Stainless-Read-Timeout")).isEqualTo("42");
        OkHttpClient own = SdkWire.transport(client).client();
        assertThat(own.dispatcher()).isNotSameAs(dispatcher);
        assertThat(own.dispatcher().getMaxRequests()).isEqualTo(7);
        assertThat(own.dispatcher().getMaxRequestsPerHost()).isEqualTo(3);
        client.close();
        assertThat(base.dispatcher().executorService().isShutdown()).isFalse();
        assertThat(base.connectionPool().connectionCount()).isEqualTo(1);
        base.connectionPool().evictAll();
    }

    @Test
    void connectionSettings_holdUnlessTheSdksBuilderOrARequestSaysOtherwise() {
        wire.answers(SdkWire.completion());
        OpenAiClientFactory factory = OpenAiClientFactory.builder(wire.propagation)
                .httpClient(new OkHttpClient.Builder()
                        .readTimeout(Duration.ofSeconds(41))
                        .build())
                .connections(ConnectionSettings.forModelCalls()
                        .readTimeout(Duration.ofSeconds(42))
                        .maxRequests(9, 8))
                .build();
        OpenAIClient client = wire.client(factory, sdk -> {});
        SdkWire.ask(client);
        client.chat()
                .completions()
                .create(
                        SdkWire.chat(),
                        RequestOptions.builder()
                                .timeout(Timeout.builder()
                                        .read(Duration.ofSeconds(43))
                                        .build())
                                .build());
        wire.client(factory, sdk -> sdk.timeout(Duration.ofSeconds(44)))
                .chat()
                .completions()
                .create(SdkWire.chat());

        assertThat(wire.requests())
                .extracting(request -> request.getHeader("X-Stainless-Read-Timeout"))
                .containsExactly("42", "43", "44");
        OkHttpClient own = SdkWire.transport(client).client();
        assertThat(own.pingIntervalMillis()).isEqualTo(30_000);
        assertThat(own.dispatcher().getMaxRequests()).isEqualTo(9);
        assertThat(own.dispatcher().getMaxRequestsPerHost()).isEqualTo(8);
    }

    @Test
    void interceptorOfTheSdksBuilder_runsOncePerAttempt() {
        wire.answers(SdkWire.completion());
        List<String> seen = new CopyOnWriteArrayList<>();
        OpenAIClient client = wire.client(
                OpenAiClientFactory.create(wire.propagation),
                sdk -> sdk.addInterceptor(chain -> {
                    seen.add(chain.request().header("traceparent"));
                    return chain.proceed(chain.request());
                }));
        SdkWire.ask(client);

        assertThat(seen).containsExactly(wire.requests().get(0).getHeader("traceparent"));
    }

    @Test
    void transportSettingsOfTheSdksBuilder_areRefusedWithTheRightPlace() {
        List<Consumer<OpenAIOkHttpClient.Builder>> settings = List.of(
                sdk -> sdk.proxy(Proxy.NO_PROXY),
                sdk -> sdk.followRedirects(false),
                sdk -> sdk.hostnameVerifier((host, session) -> true),
                sdk -> sdk.maxIdleConnections(3).keepAliveDuration(Duration.ofSeconds(1)),
                sdk -> sdk.okHttpClient(new OkHttpClient()));
        OpenAiClientFactory factory = OpenAiClientFactory.create(wire.propagation);
        for (Consumer<OpenAIOkHttpClient.Builder> setting : settings) {
            assertThatThrownBy(() -> factory.client(sdk -> setting.accept(sdk.apiKey("sk-secret"))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("OpenAiClientFactory.builder(propagation).httpClient(base)")
                    .hasMessageNotContaining("sk-secret");
        }
        assertThatThrownBy(() -> factory.asyncClient(sdk -> sdk.okHttpClient(new OkHttpClient())))
                .hasMessageContaining("httpClient(base)");
        assertThatThrownBy(() -> factory.asyncClient(sdk -> sdk.apiKey("k").proxy(Proxy.NO_PROXY)))
                .hasMessageContaining("httpClient(base)");
    }

    @Test
    void nullInTheSdksPlace_isNamed() {
        OpenAiClientFactory factory = OpenAiClientFactory.create(wire.propagation);

        assertThatThrownBy(() -> factory.client(null)).hasMessage("sdk");
        assertThatThrownBy(() -> factory.asyncClient(null)).hasMessage("sdk");
    }

    @Test
    void service_givesBaseUrlAndKey() throws Exception {
        OpenAiClientFactory factory = OpenAiClientFactory.builder(wire.propagation)
                .service(OpenAiCompatible.DASHSCOPE)
                .environment(Map.of("DASHSCOPE_API_KEY", " sk-dash\n")::get)
                .httpClient(new OkHttpClient.Builder()
                        .addInterceptor(chain -> new okhttp3.Response.Builder()
                                .request(chain.request())
                                .protocol(okhttp3.Protocol.HTTP_1_1)
                                .code(400)
                                .message(chain.request().url() + " "
                                        + chain.request().header("Authorization"))
                                .body(okhttp3.ResponseBody.create(
                                        "{\"error\":{\"message\":\""
                                                + chain.request().url() + " "
                                                + chain.request().header("Authorization") + "\"}}",
                                        okhttp3.MediaType.get("application/json")))
                                .build())
                        .build())
                .build();
        OpenAIClient client = factory.client(sdk -> {});
        OpenAIClient own = factory.client(sdk -> sdk.apiKey("sk-own").baseUrl("https://gw.example.com/v1"));

        assertThatThrownBy(() -> SdkWire.ask(client))
                .hasMessageContaining(
                        "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions Bearer sk-dash");
        assertThatThrownBy(() -> own.chat().completions().create(SdkWire.chat()))
                .hasMessageContaining("https://gw.example.com/v1/chat/completions Bearer sk-own");
        assertThatThrownBy(() -> factory.asyncClient(sdk -> {})
                        .chat()
                        .completions()
                        .create(SdkWire.chat())
                        .get())
                .hasMessageContaining("Bearer sk-dash");
        wire.told().startsWith("An interceptor answered a call before the steps of this library came to it");
        wire.diagnostics.clear();
        client.close();
        own.close();
    }

    @Test
    void service_isTheProviderOfItsModelCalls() {
        wire.answers(SdkWire.completion());
        wire.client(
                        OpenAiClientFactory.builder(wire.propagation)
                                .service(OpenAiCompatible.DASHSCOPE)
                                .build(),
                        sdk -> {})
                .chat()
                .completions()
                .create(SdkWire.chat());

        assertThat(wire.telemetry.spans("qwen-code.llm_request"))
                .singleElement()
                .satisfies(
                        call -> assertThat(text(call, "gen_ai.provider.name")).isEqualTo("dashscope"));
    }

    @Test
    void baseUrlOfAnotherKnownService_isThatOneOfItsModelCalls() {
        wire.answers(SdkWire.completion());
        OkHttpClient loopback = new OkHttpClient.Builder()
                .dns(host -> List.of(InetAddress.getLoopbackAddress()))
                .build();
        String url = HttpUrl.get(wire.url("/v1"))
                .newBuilder()
                .host("api.openai.com")
                .build()
                .toString();
        wire.client(
                        OpenAiClientFactory.builder(wire.propagation)
                                .service(OpenAiCompatible.DASHSCOPE)
                                .httpClient(loopback)
                                .build(),
                        sdk -> sdk.baseUrl(url))
                .chat()
                .completions()
                .create(SdkWire.chat());

        assertThat(text(wire.modelCall(), "gen_ai.provider.name")).isEqualTo("openai");
    }

    @ParameterizedTest
    @EnumSource
    void serviceWithoutItsKey_isNamedWithItsVariable(OpenAiCompatible service) {
        OpenAiClientFactory factory = OpenAiClientFactory.builder(wire.propagation)
                .service(service)
                .environment(Map.of(service.apiKeyVariable(), "  ")::get)
                .build();

        assertThatThrownBy(() -> factory.client(sdk -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(service.name())
                .hasMessageContaining(service.apiKeyVariable());
        factory.client(sdk -> sdk.apiKey("sk-own")).close();
        assertThat(service.baseUrl()).startsWith("https://").doesNotEndWith("/");
        assertThat(service.providerName()).matches("[a-z_]+");
    }

    @Test
    void noServiceAndNoKey_failsAsTheSdkDoes() {
        assertThatThrownBy(() -> OpenAiClientFactory.create(wire.propagation).client(sdk -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("credential");
    }

    @Test
    void x509WorkloadIdentity_isExplained() {
        X509WorkloadIdentity identity = X509WorkloadIdentity.builder()
                .identityProviderId("idp")
                .serviceAccountId("sa")
                .transport(X509Transport.builder()
                        .certificateAlias("alias")
                        .keyManager(new AnyKey())
                        .trustManager(new TrustNobody())
                        .build())
                .build();

        assertThatThrownBy(() ->
                        OpenAiClientFactory.create(wire.propagation).client(sdk -> sdk.x509WorkloadIdentity(identity)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("make this client with OpenAIOkHttpClient.builder()");
    }

    private static final class TrustNobody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            throw new CertificateException("nobody");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            throw new CertificateException("nobody");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    private static final class AnyKey extends X509ExtendedKeyManager {
        @Override
        public String[] getClientAliases(String keyType, Principal[] issuers) {
            return new String[] {"alias"};
        }

        @Override
        public String chooseClientAlias(String[] keyType, Principal[] issuers, Socket socket) {
            return "alias";
        }

        @Override
        public String[] getServerAliases(String keyType, Principal[] issuers) {
            return new String[0];
        }

        @Override
        public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
            return "alias";
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return new X509Certificate[1];
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return new PrivateKey() {
                @Override
                public String getAlgorithm() {
                    return "RSA";
                }

                @Override
                public String getFormat() {
                    return "PKCS#8";
                }

                @Override
                public byte[] getEncoded() {
                    return new byte[0];
                }
            };
        }
    }
}
