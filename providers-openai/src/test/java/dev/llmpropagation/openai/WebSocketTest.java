package dev.llmpropagation.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.core.http.AsyncResponseConnection;
import com.openai.core.http.ResponseConnection;
import io.opentelemetry.api.trace.Span;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** WebSockets: the handshake is one attempt of its caller. */
@SuppressWarnings("MustBeClosedChecker") // it does not see into lambdas
class WebSocketTest {

    @RegisterExtension
    final SdkWire wire = new SdkWire();

    private final List<Map<String, String>> handshakes = new CopyOnWriteArrayList<>();
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final Span caller = wire.startSpan("caller");
    private ServerSocket server;
    private volatile boolean accepting = true;

    @BeforeEach
    void listen() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread acceptor = new Thread(this::accept);
        acceptor.setDaemon(true);
        acceptor.start();
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
        assertThat(handshakes)
                .allSatisfy(headers -> assertThat(headers.keySet()).noneMatch(SdkWire::isPrivate));
    }

    @Test
    void syncConnection_belongsToItsCallerAlsoWhenItOpensAgain() throws Exception {
        OpenAIClient client = client();
        ResponseConnection connection =
                wire.inSpan(caller, () -> client.responses().connect());
        belongsToTheCaller(1);
        System.gc();
        connection.reconnect();
        belongsToTheCaller(2);
        connection.close();
    }

    @Test
    void asyncConnection_belongsToItsCallerAlsoWhenItOpensAgain() throws Exception {
        OpenAIClient client = client();
        AsyncResponseConnection connection =
                wire.inSpan(caller, () -> client.async().responses().connect()).get(20, TimeUnit.SECONDS);
        belongsToTheCaller(1);
        System.gc();
        CompletableFuture<Void> again = connection.reconnect();
        again.get(20, TimeUnit.SECONDS);
        belongsToTheCaller(2);
        connection.close();
    }

    @Test
    void betaConnection_belongsToItsCaller() throws Exception {
        OpenAIClient client = client();
        try (AutoCloseable sync =
                wire.inSpan(caller, () -> client.beta().responses().connectWebSocket())) {
            belongsToTheCaller(1);
        }
        try (AutoCloseable async =
                client.async().beta().responses().connectWebSocket().get(20, TimeUnit.SECONDS)) {
            assertThat(async).isNotNull();
            wire.attempts(2);
        }
    }

    @Test
    void refusedHandshake_failsAsTheSdkSays() {
        accepting = false;
        OpenAIClient client = client();

        assertThatThrownBy(() -> client.responses().connect()).hasMessageContaining("403");
        assertThat(wire.attempts(1)).hasSize(1);
    }

    private OpenAIClient client() {
        return wire.client(
                OpenAiClientFactory.create(wire.propagation),
                sdk -> sdk.baseUrl("http://localhost:" + server.getLocalPort() + "/v1"));
    }

    private void belongsToTheCaller(int count) {
        assertThat(wire.attempts(count))
                .extracting(span -> span.getParentSpanId())
                .containsOnly(caller.getSpanContext().getSpanId());
        Map<String, String> last = handshakes.get(count - 1);
        assertThat(last.get("traceparent"))
                .contains(wire.attempts(count).get(count - 1).getSpanId());
        assertThat(last).containsEntry(SdkWire.SESSION.toLowerCase(Locale.ROOT), "s-1");
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                sockets.add(socket);
                shakeHands(socket);
            }
        } catch (Exception e) {
            // The test has ended.
        }
    }

    private void shakeHands(Socket socket) throws Exception {
        BufferedReader reader =
                new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String line = reader.readLine(); line != null && !line.isEmpty(); line = reader.readLine()) {
            int colon = line.indexOf(": ");
            if (colon > 0) {
                headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 2));
            }
        }
        handshakes.add(headers);
        byte[] key = (headers.get("sec-websocket-key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                .getBytes(StandardCharsets.ISO_8859_1);
        String answer = accepting
                ? "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        + "Sec-WebSocket-Accept: "
                        + Base64.getEncoder()
                                .encodeToString(
                                        MessageDigest.getInstance("SHA-1").digest(key))
                        + "\r\n\r\n"
                : "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
        socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
    }
}
