package dev.llmpropagation.comparison.streams;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CountDownLatch;

/**
 * The model service, in a process of its own: each answer is a stream of {@link #CHUNKS} chunks of {@link #CHUNK_BYTES}
 * bytes, which stops half way until a request to {@code /go} lets all of them go on. {@code /stop} has them stop again.
 */
final class StreamsService {

    static final int CHUNKS = 41;
    static final int CHUNK_BYTES = 400;

    private static final int OPEN_AT_MOST = 20_000;

    private final Dialect openAi = new Dialect("""
            data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini-2024-07-18",\
            "choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":null}]}

            """, """
            data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-4o-mini-2024-07-18",\
            "choices":[{"index":0,"delta":{},"finish_reason":"stop"}],\
            "usage":{"prompt_tokens":9,"completion_tokens":40,"total_tokens":49}}

            data: [DONE]

            """);
    private final Dialect gemini = new Dialect("""
            data: {"candidates":[{"content":{"parts":[{"text":"%s"}],"role":"model"},"index":0}],\
            "modelVersion":"gemini-2.5-flash","responseId":"r-1"}

            """, """
            data: {"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"STOP","index":0}],\
            "usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":40,"totalTokenCount":49},\
            "modelVersion":"gemini-2.5-flash","responseId":"r-1"}

            """);
    private volatile CountDownLatch halfWay = new CountDownLatch(1);

    private StreamsService() {}

    /** Prints its port, and ends with its standard input. */
    public static void main(String[] arguments) throws IOException {
        System.setProperty("sun.net.httpserver.nodelay", "true");
        System.setProperty("sun.net.httpserver.maxIdleConnections", Integer.toString(OPEN_AT_MOST));
        System.setProperty("sun.net.httpserver.idleInterval", "3600"); // seconds: as long as the benchmark may take
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), OPEN_AT_MOST);
        server.setExecutor(VirtualThreads.executor());
        server.createContext("/", new StreamsService()::handle);
        server.start();
        System.out.println(server.getAddress().getPort());
        while (System.in.read() >= 0) {
            // until the benchmark is over
        }
        System.exit(0);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            String path = exchange.getRequestURI().getPath();
            switch (path) {
                case "/stop" -> {
                    halfWay = new CountDownLatch(1);
                    exchange.sendResponseHeaders(204, -1);
                }
                case "/go" -> {
                    halfWay.countDown();
                    exchange.sendResponseHeaders(204, -1);
                }
                default -> stream(exchange, path.endsWith(":streamGenerateContent") ? gemini : openAi, halfWay);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void stream(HttpExchange exchange, Dialect dialect, CountDownLatch halfWay)
            throws IOException, InterruptedException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        OutputStream body = exchange.getResponseBody();
        for (int i = 1; i < CHUNKS; i++) {
            body.write(dialect.chunk);
            body.flush();
            if (i == CHUNKS / 2) {
                halfWay.await();
            }
        }
        body.write(dialect.last);
        body.close();
    }

    /** The chunks of a service, as bytes. */
    private static final class Dialect {

        final byte[] chunk;
        final byte[] last;

        Dialect(String chunk, String last) {
            int room = CHUNK_BYTES - chunk.formatted("").getBytes(UTF_8).length;
            this.chunk = chunk.formatted("word ".repeat(CHUNK_BYTES).substring(0, room))
                    .getBytes(UTF_8);
            this.last = last.getBytes(UTF_8);
        }
    }
}
