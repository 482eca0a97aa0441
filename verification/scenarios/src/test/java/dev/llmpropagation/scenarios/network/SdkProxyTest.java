package dev.llmpropagation.scenarios.network;

import static dev.llmpropagation.scenarios.network.ProxyWire.HOST;
import static dev.llmpropagation.scenarios.network.ProxyWire.PASSWORD;
import static dev.llmpropagation.scenarios.network.ProxyWire.USER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.client.WireMock;
import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.errors.GenAiIOException;
import com.google.genai.types.ClientOptions;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import com.google.genai.types.ProxyOptions;
import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.core.http.ResponseConnection;
import com.openai.core.http.StreamResponse;
import com.openai.errors.OpenAIIoException;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.fixtures.ChatQuestion;
import dev.llmpropagation.fixtures.Latches;
import dev.llmpropagation.fixtures.LocalServer;
import dev.llmpropagation.fixtures.ServiceWire;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.network.ProxyException;
import dev.llmpropagation.network.ProxySettings;
import dev.llmpropagation.openai.OpenAiClientFactory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Both SDKs through a proxy that wants a password. */
@SuppressWarnings("MustBeClosedChecker") // it does not see into lambdas
class SdkProxyTest {

    private static final String COMPLETION =
            "{\"id\":\"c\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[]}";
    private static final String CHUNK =
            "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[]}\n\n";
    private static final String GEMINI =
            "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"hello\"}]}}]}";
    private static final ChatCompletionCreateParams CHAT = ChatQuestion.of("hi");

    private enum Kind {
        HTTP,
        SOCKS
    }

    @RegisterExtension
    final ProxyWire wire = new ProxyWire();

    @ParameterizedTest
    @EnumSource
    void openAi_goesThroughTheProxy(Kind kind) throws Exception {
        RecordingProxy proxy = proxy(kind);
        wire.server.stubFor(WireMock.post(WireMock.anyUrl()).willReturn(WireMock.okJson(COMPLETION)));
        wire.server.stubFor(WireMock.post(WireMock.anyUrl())
                .withRequestBody(WireMock.containing("\"stream\":true"))
                .willReturn(ServiceWire.events(CHUNK.repeat(3) + "data: [DONE]\n\n")));
        OpenAiClientFactory factory = openAi(proxy);

        OpenAIClient sync = closing(factory.client(sdk ->
                sdk.baseUrl(wire.secureUrl("/v1")).apiKey("sk-marker-key").maxRetries(0)));
        sync.chat().completions().create(CHAT);
        try (StreamResponse<ChatCompletionChunk> stream =
                sync.chat().completions().createStreaming(CHAT)) {
            assertThat(stream.stream()).hasSize(3);
        }
        OpenAIClientAsync async = closing(factory.asyncClient(sdk ->
                sdk.baseUrl(wire.secureUrl("/v1")).apiKey("sk-marker-key").maxRetries(0)));
        async.chat().completions().create(CHAT).get(20, TimeUnit.SECONDS);
        async.chat()
                .completions()
                .createStreaming(CHAT)
                .subscribe(chunk -> {})
                .onCompleteFuture()
                .get(20, TimeUnit.SECONDS);

        allWentThrough(proxy, 4);
    }

    @ParameterizedTest
    @EnumSource
    void gemini_goesThroughTheProxy(Kind kind) throws Exception {
        RecordingProxy proxy = proxy(kind);
        wire.server.stubFor(WireMock.post(WireMock.anyUrl()).willReturn(WireMock.okJson(GEMINI)));
        wire.server.stubFor(WireMock.post(WireMock.urlPathMatching(".*streamGenerateContent"))
                .willReturn(ServiceWire.events(("data: " + GEMINI + "\n\n").repeat(3))));
        Client client = gemini(proxy, wire.secureUrl(""));

        assertThat(client.models.generateContent("m", "hi", null).text()).isEqualTo("hello");
        assertThat(client.async
                        .models
                        .generateContent("m", "hi", null)
                        .get(20, TimeUnit.SECONDS)
                        .text())
                .isEqualTo("hello");
        try (ResponseStream<GenerateContentResponse> stream = client.models.generateContentStream("m", "hi", null)) {
            assertThat(stream).hasSize(3);
        }
        try (ResponseStream<GenerateContentResponse> stream =
                client.async.models.generateContentStream("m", "hi", null).get(20, TimeUnit.SECONDS)) {
            assertThat(stream).hasSize(3);
        }

        allWentThrough(proxy, 4);
    }

    private void allWentThrough(RecordingProxy proxy, int count) {
        assertThat(wire.requests()).hasSize(count).allSatisfy(request -> assertThat(request.getHeader("traceparent"))
                .isNotNull());
        assertThat(proxy.asked).isNotEmpty().allSatisfy(asked -> {
            assertThat(asked.answer()).isEqualTo(200);
            assertThat(asked.line()).contains(" " + HOST + ":" + wire.server.httpsPort());
            assertThat(asked.headerNames()).isSubsetOf("host", "proxy-connection", "user-agent", "proxy-authorization");
        });
        assertThat(wire.attempts(count)).allSatisfy(span -> ProxyWire.isThrough(span, proxy));
    }

    @ParameterizedTest
    @EnumSource
    void chunk_arrivesBeforeTheNextIsSent(Kind kind) throws Exception {
        LocalServer service = LocalServer.start(exchange -> {
            boolean gemini = exchange.getRequestURI().getPath().contains("streamGenerateContent");
            byte[] chunk = (gemini ? "data: " + GEMINI + "\n\n" : CHUNK).getBytes(StandardCharsets.UTF_8);
            exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream body = exchange.getResponseBody()) {
                body.write(chunk);
                if (gemini) {
                    body.write(chunk); // the SDK gives out a chunk when it has read the next one
                }
                body.flush();
                Latches.await(gemini ? geminiSeen : openAiSeen);
                body.write(chunk);
            }
        });
        wire.closeLater(service);
        String url = "http://" + HOST + ":" + service.port();
        RecordingProxy proxy = proxy(kind);

        OpenAIClient openai = closing(openAi(proxy)
                .client(sdk -> sdk.baseUrl(url).apiKey("sk-marker-key").maxRetries(0)));
        try (StreamResponse<ChatCompletionChunk> stream =
                openai.chat().completions().createStreaming(CHAT)) {
            Iterator<ChatCompletionChunk> chunks = stream.stream().iterator();
            chunks.next();
            openAiSeen.countDown();
            assertThat(chunks.next()).isNotNull();
        }
        try (ResponseStream<GenerateContentResponse> stream =
                gemini(proxy, url).models.generateContentStream("m", "hi", null)) {
            Iterator<GenerateContentResponse> chunks = stream.iterator();
            chunks.next();
            geminiSeen.countDown();
            assertThat(chunks.next()).isNotNull();
        }
        assertThat(proxy.asked).hasSize(2);
    }

    private final CountDownLatch openAiSeen = new CountDownLatch(1);
    private final CountDownLatch geminiSeen = new CountDownLatch(1);

    @ParameterizedTest
    @EnumSource
    void webSocket_goesThroughTheProxy(Kind kind) throws Exception {
        RecordingProxy proxy = proxy(kind);
        List<String> heads = new CopyOnWriteArrayList<>();
        try (ServerSocket secure = LocalTls.server()
                        .getServerSocketFactory()
                        .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ServerSocket plain = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            shakeHands(secure, heads);
            shakeHands(plain, heads);

            connect(proxy, "https://" + HOST + ":" + secure.getLocalPort() + "/v1");
            connect(proxy, "http://" + HOST + ":" + plain.getLocalPort() + "/v1");
        }

        assertThat(heads).hasSize(2).allSatisfy(head -> assertThat(head)
                .startsWith("GET /v1/responses")
                .containsIgnoringCase("traceparent: 00-")
                .doesNotContainIgnoringCase("proxy-authorization"));
        assertThat(proxy.asked).hasSize(2).allSatisfy(asked -> assertThat(asked.answer())
                .isEqualTo(200));
        wire.attempts(2);
    }

    private void connect(RecordingProxy proxy, String url) {
        OpenAIClient client =
                closing(openAi(proxy).client(sdk -> sdk.baseUrl(url).apiKey("sk-marker-key")));
        ResponseConnection connection = client.responses().connect();
        connection.close();
    }

    private static void shakeHands(ServerSocket server, List<String> heads) {
        Thread thread = new Thread(() -> {
            try {
                Socket socket = server.accept();
                BufferedReader reader =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
                StringBuilder head = new StringBuilder();
                String key = "";
                for (String line = reader.readLine(); line != null && !line.isEmpty(); line = reader.readLine()) {
                    head.append(line).append('\n');
                    key = line.startsWith("Sec-WebSocket-Key: ") ? line.substring(19) : key;
                }
                heads.add(head.toString());
                byte[] digest = MessageDigest.getInstance("SHA-1")
                        .digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(StandardCharsets.ISO_8859_1));
                socket.getOutputStream()
                        .write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                        + "Sec-WebSocket-Accept: "
                                        + Base64.getEncoder().encodeToString(digest) + "\r\n\r\n")
                                .getBytes(StandardCharsets.ISO_8859_1));
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    @ParameterizedTest
    @EnumSource
    void wrongPassword_endsInTheSdksException(Kind kind) throws Exception {
        RecordingProxy proxy = wire.closeLater(
                kind == Kind.HTTP ? RecordingProxy.http(USER, "another") : RecordingProxy.socks(USER, "another"));
        OpenAIClient openai = closing(openAi(proxy).client(sdk -> sdk.baseUrl(wire.secureUrl("/v1"))
                .apiKey("sk-marker-key")
                .maxRetries(0)));
        OpenAIClientAsync async = closing(openAi(proxy).asyncClient(sdk -> sdk.baseUrl(wire.secureUrl("/v1"))
                .apiKey("sk-marker-key")
                .maxRetries(0)));
        Client gemini = gemini(proxy, wire.secureUrl(""));

        assertThatThrownBy(() -> openai.chat().completions().create(CHAT))
                .isInstanceOf(OpenAIIoException.class)
                .hasCauseInstanceOf(ProxyException.class)
                .satisfies(ProxyWire::hidesSecrets);
        assertThatThrownBy(() -> async.chat().completions().create(CHAT).get(20, TimeUnit.SECONDS))
                .hasCauseInstanceOf(OpenAIIoException.class)
                .hasRootCauseInstanceOf(ProxyException.class)
                .satisfies(ProxyWire::hidesSecrets);
        assertThatThrownBy(() -> gemini.models.generateContent("m", "hi", null))
                .isInstanceOf(GenAiIOException.class)
                .hasCauseInstanceOf(ProxyException.class)
                .satisfies(ProxyWire::hidesSecrets);
        CompletableFuture<GenerateContentResponse> future = gemini.async.models.generateContent("m", "hi", null);
        assertThatThrownBy(() -> future.get(20, TimeUnit.SECONDS))
                .hasRootCauseInstanceOf(ProxyException.class)
                .satisfies(ProxyWire::hidesSecrets);

        assertThat(proxy.asked)
                .as("once for each call, though Gemini's has two attempts")
                .hasSize(4)
                .allSatisfy(asked -> assertThat(asked.answer()).isEqualTo(407));
        assertThat(wire.attempts(4)).allSatisfy(span -> ProxyWire.isThrough(span, proxy));
    }

    @Test
    void twoProxiesForOneClient_areRefused() {
        GeminiClientFactory factory = GeminiClientFactory.builder(wire.propagation)
                .proxy(ProxySettings.http("proxy.example", 1))
                .build();
        ClientOptions options = ClientOptions.builder()
                .proxyOptions(
                        ProxyOptions.builder().host("other.example").port(2).build())
                .build();

        assertThatThrownBy(() -> factory.client(sdk -> sdk.apiKey("key").clientOptions(options)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Two proxies");
        OpenAiClientFactory openai = OpenAiClientFactory.create(wire.propagation);
        assertThatThrownBy(() -> openai.client(sdk -> sdk.apiKey("key").proxy(Proxy.NO_PROXY)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("proxy(settings)");
    }

    private RecordingProxy proxy(Kind kind) throws IOException {
        return wire.closeLater(
                kind == Kind.HTTP ? RecordingProxy.http(USER, PASSWORD) : RecordingProxy.socks(USER, PASSWORD));
    }

    private OpenAiClientFactory openAi(RecordingProxy proxy) {
        return OpenAiClientFactory.builder(wire.propagation)
                .httpClient(wire.base())
                .proxy(proxy.withCredentials())
                .build();
    }

    private Client gemini(RecordingProxy proxy, String url) {
        HttpOptions options = HttpOptions.builder()
                .baseUrl(url)
                .retryOptions(HttpRetryOptions.builder()
                        .attempts(2)
                        .initialDelay(0.01)
                        .build())
                .build();
        return wire.closeLater(GeminiClientFactory.builder(wire.propagation)
                .httpClient(wire.base())
                .proxy(proxy.withCredentials())
                .build()
                .client(sdk -> sdk.apiKey("marker-key").httpOptions(options)));
    }

    private OpenAIClient closing(OpenAIClient client) {
        wire.closeLater((AutoCloseable) client::close);
        return client;
    }

    private OpenAIClientAsync closing(OpenAIClientAsync client) {
        wire.closeLater((AutoCloseable) client::close);
        return client;
    }
}
