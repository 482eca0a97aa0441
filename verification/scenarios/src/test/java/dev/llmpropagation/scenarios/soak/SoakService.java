package dev.llmpropagation.scenarios.soak;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Both model services, which do to a request what its text asks for. */
final class SoakService implements AutoCloseable {

    private static final String CHAT = """
            {"id":"c-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",\
            "message":{"role":"assistant","content":"a word","refusal":null},"logprobs":null}],\
            "usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}""";
    private static final String CHUNK = """
            data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":\
            {"content":"a word"},"finish_reason":null}]}

            """;
    private static final String CANDIDATE = """
            {"candidates":[{"content":{"role":"model","parts":[{"text":"short"}]},"finishReason":"STOP","index":0}],\
            "usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":1,"totalTokenCount":5}}""";

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "service");
        thread.setDaemon(true);
        return thread;
    });

    SoakService() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try {
            String request = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
            String path = exchange.getRequestURI().getPath();
            boolean gemini = path.contains("enerateContent");
            boolean stream = gemini ? path.contains("stream") : request.contains("\"stream\":true");
            boolean retried = !"0".equals(exchange.getRequestHeaders().getFirst("x-stainless-retry-count"));
            if (request.contains("repeat") && !gemini && !retried) {
                exchange.getResponseHeaders().set("retry-after-ms", "1");
                exchange.sendResponseHeaders(503, -1);
            } else if (request.contains("refuse")) {
                answer(exchange, 400, "{\"error\":{\"code\":\"unfit\",\"message\":\"no\"}}");
            } else if (request.contains("break")) {
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(200, 1_000);
                exchange.getResponseBody().write('{');
                exchange.getResponseBody().flush();
                // The server forgets a connection that a failure ends, and keeps one that is closed before its time for
                // ever.
                throw new IOException("broken off");
            } else {
                if (request.contains("slowly")) {
                    TimeUnit.MILLISECONDS.sleep(20);
                }
                if (stream) {
                    stream(exchange, gemini);
                } else {
                    answer(exchange, 200, gemini ? CANDIDATE : CHAT);
                }
            }
            exchange.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void stream(HttpExchange exchange, boolean gemini) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        OutputStream body = exchange.getResponseBody();
        byte[] chunk = (gemini ? "data: " + CANDIDATE + "\n\n" : CHUNK).getBytes(UTF_8);
        for (int i = 0; i < 4; i++) {
            body.write(chunk);
            body.flush();
        }
        if (!gemini) {
            body.write("data: [DONE]\n\n".getBytes(UTF_8));
        }
    }

    private static void answer(HttpExchange exchange, int status, String json) throws IOException {
        byte[] bytes = json.getBytes(UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
