package dev.llmpropagation.scenarios.matrix;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.llmpropagation.fixtures.Latches;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A model service with exactly one fault, which it shows at exactly the phase that the fault is about. */
final class FaultServer implements AutoCloseable {

    record Received(String path, Map<String, List<String>> headers) {
        String header(String name) {
            List<String> values = headers.get(name.toLowerCase(Locale.ROOT));
            return values == null ? null : String.join(",", values);
        }
    }

    private final Fault fault;
    private final Sdk sdk;
    private final boolean streams;
    private final HttpServer server;
    private final HttpServer other;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Received> received = new CopyOnWriteArrayList<>();
    private final List<Received> receivedByOther = new CopyOnWriteArrayList<>();
    private final CountDownLatch release = new CountDownLatch(1);
    private final CountDownLatch arrived = new CountDownLatch(1);

    FaultServer(Fault fault, Sdk sdk, Mode mode) throws IOException {
        this.fault = fault;
        this.sdk = sdk;
        this.streams = mode.streams();
        server = start(received);
        other = start(receivedByOther);
    }

    private HttpServer start(List<Received> log) throws IOException {
        HttpServer started = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        started.setExecutor(threads);
        started.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            Map<String, List<String>> headers = new TreeMap<>();
            exchange.getRequestHeaders()
                    .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), List.copyOf(values)));
            log.add(new Received(exchange.getRequestURI().getPath(), headers));
            arrived.countDown();
            answer(exchange, log.size());
        });
        started.start();
        return started;
    }

    String baseUrl() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    List<Received> received() {
        return received;
    }

    List<Received> receivedByOther() {
        return receivedByOther;
    }

    void awaitRequest() {
        Latches.await(arrived);
    }

    /** Lets go of a response that was held back. */
    void release() {
        release.countDown();
    }

    private void answer(HttpExchange exchange, int ordinal) throws IOException {
        boolean moved = exchange.getRequestURI().getPath().startsWith("/moved");
        switch (fault) {
            case OK, CONSUMER_CLOSES_EARLY -> {
                if (fault == Fault.OK || !streams) {
                    whole(exchange);
                } else {
                    begin(exchange);
                    Latches.await(release);
                    exchange.close();
                }
            }
            case CLIENT_ERROR -> error(exchange, 400);
            case SERVER_ERROR_THEN_OK -> {
                if (ordinal == 1) {
                    error(exchange, 500);
                } else {
                    whole(exchange);
                }
            }
            case CONNECTION_REFUSED -> throw new IllegalStateException("nobody may get here");
            case RESET_BEFORE_HEADERS -> exchange.close();
            case CUT_IN_MID_STREAM -> {
                byte[] part = bytes(sdk.body(streams));
                if (streams) {
                    header(exchange);
                    exchange.sendResponseHeaders(200, part.length + 1000L);
                    exchange.getResponseBody().write(bytes(sdk.firstChunks()));
                } else {
                    header(exchange);
                    exchange.sendResponseHeaders(200, part.length + 1000L);
                    exchange.getResponseBody().write(part, 0, part.length / 2);
                }
                exchange.getResponseBody().flush();
                exchange.close();
            }
            case STALL_WITH_READ_TIMEOUT -> {
                if (streams) {
                    begin(exchange);
                }
                Latches.await(release);
                exchange.close();
            }
            case CALLER_CANCELS -> {
                if (ordinal > 1) {
                    whole(exchange); // what a bare SDK gets that retries a cancelled call
                } else if (streams) {
                    begin(exchange);
                    Latches.await(release);
                    exchange.close();
                } else {
                    Latches.await(release);
                    whole(exchange);
                }
            }
            case REDIRECT_SAME_HOST -> {
                if (moved) {
                    whole(exchange);
                } else {
                    redirect(exchange, "/moved" + exchange.getRequestURI());
                }
            }
            case REDIRECT_OTHER_HOST -> {
                if (moved) {
                    whole(exchange);
                } else {
                    redirect(
                            exchange,
                            "http://localhost:" + other.getAddress().getPort() + "/moved" + exchange.getRequestURI());
                }
            }
        }
    }

    private void whole(HttpExchange exchange) throws IOException {
        header(exchange);
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes(sdk.body(streams)));
        }
    }

    /** Headers and the first chunks of a stream. */
    private void begin(HttpExchange exchange) throws IOException {
        header(exchange);
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().write(bytes(sdk.firstChunks()));
        exchange.getResponseBody().flush();
    }

    private void header(HttpExchange exchange) {
        exchange.getResponseHeaders().add("Content-Type", streams ? "text/event-stream" : "application/json");
    }

    private static void error(HttpExchange exchange, int code) throws IOException {
        byte[] body = bytes("{\"error\":{\"code\":" + code + ",\"message\":\"ERROR-marker\",\"status\":\"REFUSED\"}}");
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(code, body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    private static void redirect(HttpExchange exchange, String to) throws IOException {
        exchange.getResponseHeaders().add("Location", to);
        exchange.sendResponseHeaders(307, -1);
        exchange.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        release();
        server.stop(0);
        other.stop(0);
        threads.shutdownNow();
    }
}
