package dev.llmpropagation.scenarios.network;

import com.sun.net.httpserver.HttpExchange;
import dev.llmpropagation.fixtures.LocalServer;
import dev.llmpropagation.scenarios.matrix.Sdk;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Stands for the model services of both SDKs, and remembers what came. Its stream waits before each chunk. */
final class Origin implements BeforeEachCallback, AfterAllCallback {

    static final List<String> CHUNKS = List.of("one ", "two ", "three ", "four ", "five");

    record Received(String target, Map<String, String> headers) {
        String header(String name) {
            return headers.get(name.toLowerCase(Locale.ROOT));
        }
    }

    private final List<Received> received = new CopyOnWriteArrayList<>();
    private final LocalServer server = LocalServer.start(this::answer);
    private volatile IntConsumer beforeChunk = chunk -> {};

    int port() {
        return server.port();
    }

    List<Received> received() {
        return received;
    }

    /** @param wait gets the number of the chunk that comes next, from 0 */
    void beforeChunk(IntConsumer wait) {
        beforeChunk = wait;
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        String target = exchange.getRequestURI().toString();
        Map<String, String> headers = new TreeMap<>();
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(",", values)));
        received.add(new Received(target, headers));
        Sdk sdk = target.contains("/chat/completions") ? Sdk.OPENAI : Sdk.GEMINI;
        boolean streams = target.contains("streamGenerateContent") || body.contains("\"stream\":true");
        exchange.getResponseHeaders().add("Content-Type", streams ? "text/event-stream" : "application/json");
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            if (streams) {
                stream(sdk, out);
            } else {
                out.write(sdk.document().getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    private void stream(Sdk sdk, OutputStream out) throws IOException {
        for (int i = 0; i < CHUNKS.size(); i++) {
            beforeChunk.accept(i);
            out.write(sdk.chunk(CHUNKS.get(i)).getBytes(StandardCharsets.UTF_8));
            out.flush();
        }
        out.write(sdk.end().getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        received.clear();
        beforeChunk = chunk -> {};
    }

    @Override
    public void afterAll(ExtensionContext context) {
        server.close();
    }
}
