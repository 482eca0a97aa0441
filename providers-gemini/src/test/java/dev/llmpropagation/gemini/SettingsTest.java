package dev.llmpropagation.gemini;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.gemini.GeminiWire.KEY;
import static dev.llmpropagation.gemini.GeminiWire.MODEL;
import static dev.llmpropagation.gemini.GeminiWire.answer;
import static dev.llmpropagation.gemini.GeminiWire.ask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import com.google.genai.Client;
import com.google.genai.types.ClientOptions;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.ProxyOptions;
import com.google.genai.types.ProxyType;
import dev.llmpropagation.fixtures.Latches;
import dev.llmpropagation.fixtures.LocalServer;
import dev.llmpropagation.internal.http.NetworkSettings;
import dev.llmpropagation.network.ConnectionSettings;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import okhttp3.Credentials;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Settings of the SDK that it drops when it is given an OkHttpClient. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SettingsTest {

    @RegisterExtension
    final GeminiWire wire = new GeminiWire();

    @Test
    void timeout_ofTheClientEndsACall() {
        wire.answers(answer().withFixedDelay(20_000));
        Client client =
                wire.client(sdk -> sdk.httpOptions(wire.options().timeout(300).build()));
        assertThatThrownBy(() -> ask(client)).hasCauseInstanceOf(InterruptedIOException.class);
        assertThat(outcome(wire.attempts(1).get(0))).isEqualTo("timed_out");
    }

    @Test
    void nullInTheSdksPlace_isNamed() {
        assertThatThrownBy(() -> GeminiClientFactory.create(wire.propagation).client(null))
                .hasMessage("sdk");
    }

    @Test
    void timeout_ofARequestEndsACall() {
        wire.answers(answer().withFixedDelay(20_000));
        Client client = wire.client();
        assertThatThrownBy(() -> client.models.generateContent(
                        MODEL,
                        "hi",
                        GenerateContentConfig.builder()
                                .httpOptions(HttpOptions.builder().timeout(300).build())
                                .build()))
                .hasCauseInstanceOf(InterruptedIOException.class);
        assertThat(outcome(wire.attempts(1).get(0))).isEqualTo("timed_out");
    }

    @Test
    void timeouts_areNoneByDefaultAndThoseOfTheBaseWithOne() {
        OkHttpClient none =
                HttpStack.builder(NetworkSettings.NONE, new ClientSettings()).build();
        assertThat(List.of(
                        none.callTimeoutMillis(),
                        none.connectTimeoutMillis(),
                        none.readTimeoutMillis(),
                        none.writeTimeoutMillis()))
                .containsOnly(0);
        OkHttpClient base = new OkHttpClient.Builder()
                .readTimeout(7, TimeUnit.SECONDS)
                .callTimeout(9, TimeUnit.SECONDS)
                .build();
        OkHttpClient based = HttpStack.builder(NetworkSettings.NONE.withBase(base), new ClientSettings())
                .build();
        assertThat(based.readTimeoutMillis()).isEqualTo(7_000);
        assertThat(based.callTimeoutMillis()).isEqualTo(9_000);
    }

    @Test
    void connectionSettings_holdUnlessTheSdkSaysOtherwise() {
        NetworkSettings network = NetworkSettings.NONE.withConnections(ConnectionSettings.forModelCalls()
                .callTimeout(Duration.ofSeconds(9))
                .maxRequests(9, 8));
        OkHttpClient client = HttpStack.builder(network, new ClientSettings()).build();
        assertThat(client.readTimeoutMillis()).isEqualTo(300_000);
        assertThat(client.callTimeoutMillis()).isEqualTo(9_000);
        assertThat(client.dispatcher().getMaxRequestsPerHost()).isEqualTo(8);

        ClientSettings sdk = new ClientSettings();
        sdk.httpOptions(HttpOptions.builder().timeout(7_000).build());
        sdk.clientOptions(ClientOptions.builder().maxConnectionsPerHost(3).build());
        OkHttpClient told = HttpStack.builder(network, sdk).build();
        assertThat(told.callTimeoutMillis()).isEqualTo(7_000);
        assertThat(told.dispatcher().getMaxRequests()).isEqualTo(9);
        assertThat(told.dispatcher().getMaxRequestsPerHost()).isEqualTo(3);
    }

    @Test
    void pitfall_71_proxy_getsTheRequestWithHeadersForTheService() {
        wire.answers(answer());
        Client client = throughProxy(proxy());
        assertThat(ask(client)).isEqualTo("hello");
        assertThat(wire.requests().get(0).getHost()).isEqualTo("gemini.test");
        wire.assertCarried(wire.attempts(1));
    }

    @Test
    void proxy_getsCredentialsWhenItAsks() {
        wire.answersInTurn(aResponse().withStatus(407).withHeader("Proxy-Authenticate", "Basic realm=\"p\""), answer());
        Client client = throughProxy(proxy().username("u").password("p"));
        assertThat(ask(client)).isEqualTo("hello");
        assertThat(wire.requests())
                .extracting(request -> request.getHeader("Proxy-Authorization"))
                .containsExactly(null, Credentials.basic("u", "p"));
        assertThat(wire.attempts(1).get(0).getEvents()).hasSize(1);
    }

    @Test
    void proxy_thatRefusesItsCredentialsIsAskedOnce() {
        wire.answers(aResponse().withStatus(407).withHeader("Proxy-Authenticate", "Basic realm=\"p\""));
        Client client = throughProxy(proxy().username("u").password("wrong"));
        assertThat(catchThrowable(() -> ask(client))).hasMessageContaining("407");
        assertThat(wire.requests()).hasSize(2);
    }

    @Test
    void directProxy_overrulesThatOfTheBase() throws Exception {
        wire.answers(answer());
        URI nobody = URI.create(GeminiWire.refusingUrl());
        OkHttpClient base = new OkHttpClient.Builder()
                .proxy(new Proxy(Proxy.Type.HTTP, new InetSocketAddress(nobody.getHost(), nobody.getPort())))
                .build();
        Client client = wire.client(
                factory(base),
                sdk -> sdk.clientOptions(ClientOptions.builder()
                        .proxyOptions(ProxyOptions.builder().type(new ProxyType(ProxyType.Known.DIRECT)))
                        .build()));
        assertThat(ask(client)).isEqualTo("hello");
    }

    static Stream<ClientOptions> unfit() {
        return Stream.of(
                        ProxyOptions.builder(),
                        ProxyOptions.builder().host("h"),
                        ProxyOptions.builder().port(1),
                        ProxyOptions.builder().type(new ProxyType("carrier pigeon")),
                        ProxyOptions.builder().host("h").port(1).username("u"),
                        ProxyOptions.builder().host("h").port(1).password("p"),
                        ProxyOptions.builder().host("h").port(-1))
                .map(proxy -> ClientOptions.builder().proxyOptions(proxy).build());
    }

    @ParameterizedTest
    @MethodSource("unfit")
    void proxyThatIsUnfit_isRefusedAsByTheSdk(ClientOptions options) {
        assertRefusedAlike(options);
    }

    @Test
    void maxConnectionsThatAreUnfit_areRefusedAsByTheSdk() {
        assertRefusedAlike(ClientOptions.builder().maxConnections(0).build());
        assertRefusedAlike(ClientOptions.builder().maxConnectionsPerHost(-1).build());
    }

    static Stream<ClientOptions> limits() {
        return Stream.of(
                ClientOptions.builder().maxConnections(2).build(),
                ClientOptions.builder().maxConnectionsPerHost(2).build());
    }

    @ParameterizedTest
    @MethodSource("limits")
    void maxConnections_boundWhatRunsAtOnce(ClientOptions options) throws Exception {
        assertTwoAtOnce(GeminiClientFactory.create(wire.propagation), options);
    }

    @Test
    void limits_ofTheBaseCountWithoutOthers() throws Exception {
        Dispatcher dispatcher = new Dispatcher();
        dispatcher.setMaxRequestsPerHost(2);
        assertTwoAtOnce(
                factory(new OkHttpClient.Builder().dispatcher(dispatcher).build()),
                ClientOptions.builder().build());
    }

    @Test
    void customHttpClient_isRefusedWithTheRightPlace() {
        ClientOptions options =
                ClientOptions.builder().customHttpClient(new OkHttpClient()).build();
        assertThatThrownBy(() -> wire.client(sdk -> sdk.clientOptions(options)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("GeminiClientFactory.builder(propagation).httpClient(");
    }

    @Test
    void build_isLeftToTheFactory() {
        assertThatThrownBy(() -> wire.client(sdk -> sdk.build().close())).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void missingKey_isRefusedAsByTheSdk() {
        Throwable expected = catchThrowable(
                () -> Client.builder().project("p").vertexAI(false).build());
        Throwable actual = catchThrowable(() -> GeminiClientFactory.create(wire.propagation)
                .client(sdk -> sdk.project("p").vertexAI(false)));
        assertThat(actual).isInstanceOf(IllegalArgumentException.class).hasToString(String.valueOf(expected));
    }

    @Test
    void interceptorsOfTheBase_runOnceForACall() {
        wire.answersInTurn(aResponse().withStatus(500), answer());
        AtomicInteger runs = new AtomicInteger();
        OkHttpClient base = new OkHttpClient.Builder()
                .addInterceptor(chain -> {
                    runs.incrementAndGet();
                    return chain.proceed(chain.request());
                })
                .build();
        Client client = wire.client(
                factory(base),
                sdk -> sdk.httpOptions(wire.options()
                        .retryOptions(GeminiWire.atOnce(2).build())
                        .build()));
        assertThat(ask(client)).isEqualTo("hello");
        assertThat(wire.requests()).hasSize(2);
        assertThat(runs).hasValue(1);
    }

    private void assertTwoAtOnce(GeminiClientFactory factory, ClientOptions options) throws Exception {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch go = new CountDownLatch(1);
        try (LocalServer server = LocalServer.start(exchange -> {
            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
            Latches.await(go);
            inside.decrementAndGet();
            LocalServer.answer(exchange, 200, "application/json", GeminiWire.CHUNK);
        })) {
            Client client = wire.client(factory, sdk -> sdk.clientOptions(options)
                    .httpOptions(HttpOptions.builder().baseUrl(server.url()).build()));
            List<CompletableFuture<GenerateContentResponse>> calls = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                calls.add(client.async.models.generateContent(MODEL, "hi", null));
            }
            await().during(Duration.ofMillis(300)).until(() -> inside.get() == 2);
            go.countDown();
            for (CompletableFuture<?> call : calls) {
                call.get(30, TimeUnit.SECONDS);
            }
        } finally {
            go.countDown();
        }
        assertThat(most).hasValue(2);
    }

    private void assertRefusedAlike(ClientOptions options) {
        Throwable expected = catchThrowable(
                () -> Client.builder().apiKey(KEY).clientOptions(options).build());
        Throwable actual = catchThrowable(() -> wire.client(sdk -> sdk.clientOptions(options)));
        assertThat(actual).isInstanceOf(IllegalArgumentException.class).hasToString(expected.toString());
    }

    private ProxyOptions.Builder proxy() {
        return ProxyOptions.builder().host("localhost").port(wire.server.port());
    }

    private Client throughProxy(ProxyOptions.Builder proxy) {
        return wire.client(sdk -> sdk.clientOptions(
                        ClientOptions.builder().proxyOptions(proxy).build())
                .httpOptions(HttpOptions.builder().baseUrl("http://gemini.test").build()));
    }

    private GeminiClientFactory factory(OkHttpClient base) {
        return GeminiClientFactory.builder(wire.propagation).httpClient(base).build();
    }
}
