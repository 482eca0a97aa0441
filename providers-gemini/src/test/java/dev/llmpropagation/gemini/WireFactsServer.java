package dev.llmpropagation.gemini;

import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import com.sun.net.httpserver.HttpServer;
import dev.llmpropagation.internal.model.ModelOperation;
import dev.llmpropagation.internal.model.RequestFacts;
import dev.llmpropagation.internal.model.RequestScanner;
import dev.llmpropagation.internal.model.ResponseFacts;
import dev.llmpropagation.internal.model.ResponseScanner;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import okhttp3.HttpUrl;
import okhttp3.MediaType;

/** Answers every request with a recorded body, and reads both as the library does. */
final class WireFactsServer implements AutoCloseable {

    private static final Path BODIES = Path.of("../propagation-core/src/test/resources/wire");

    private final HttpServer server;
    private final String name;
    private final byte[] answer;
    private volatile byte[] request;
    private volatile ModelOperation call;

    WireFactsServer(String name) {
        this.name = name;
        try {
            answer = Files.readAllBytes(BODIES.resolve(name));
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", exchange -> {
            String url = "http://localhost" + exchange.getRequestURI();
            call = ModelOperation.recognise(exchange.getRequestMethod(), HttpUrl.get(url));
            request = exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().set("Content-Type", contentType());
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream body = exchange.getResponseBody()) {
                body.write(answer);
            }
        });
        server.start();
    }

    Client client() {
        return Client.builder()
                .apiKey("key")
                .httpOptions(HttpOptions.builder()
                        .baseUrl("http://localhost:" + server.getAddress().getPort())
                        .build())
                .build();
    }

    ResponseFacts facts() {
        ResponseScanner scanner = call.responseScanner(MediaType.get(contentType()), null);
        scanner.accept(answer, 0, answer.length, 1);
        return scanner.finish();
    }

    RequestFacts requestFacts() {
        RequestScanner scanner = call.requestScanner();
        scanner.accept(request, 0, request.length);
        return scanner.finish();
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private String contentType() {
        return name.endsWith(".sse") ? "text/event-stream" : "application/json";
    }
}
