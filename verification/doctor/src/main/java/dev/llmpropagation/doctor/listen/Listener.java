package dev.llmpropagation.doctor.listen;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.llmpropagation.doctor.trace.OtlpJson;
import dev.llmpropagation.doctor.trace.OtlpRequests;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Writer;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** The server. */
final class Listener implements AutoCloseable {

    private static final String TRACES = "/v1/traces";
    private static final String METRICS = "/v1/metrics";
    private static final String LOGS = "/v1/logs";

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "doctor-listen");
        thread.setDaemon(true);
        return thread;
    });
    private final Journal journal;
    private final @Nullable Writer save;

    /** @param save gets the spans as OTLP JSON, one request a line; null for nobody */
    Listener(InetSocketAddress address, Journal journal, @Nullable Writer save) throws IOException {
        this.server = HttpServer.create(address, 0);
        this.journal = journal;
        this.save = save;
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            switch (path) {
                case TRACES -> traces(exchange);
                // Exporters of metrics and logs are often switched on by the same variable.
                case METRICS, LOGS -> {
                    exchange.getRequestBody().transferTo(OutputStream.nullOutputStream());
                    accepted(exchange, 200);
                }
                default -> model(exchange, path);
            }
        }
    }

    private void traces(HttpExchange exchange) throws IOException {
        ExportTraceServiceRequest request;
        try {
            request = OtlpRequests.read(
                    exchange.getRequestBody(),
                    exchange.getRequestHeaders().getFirst("Content-Type"),
                    exchange.getRequestHeaders().getFirst("Content-Encoding"));
        } catch (IOException e) {
            journal.problem("spans arrived that are no OTLP: " + e.getMessage());
            accepted(exchange, 400);
            return;
        }
        save(request);
        journal.spans(OtlpRequests.spans(request));
        accepted(exchange, 200);
    }

    private void save(ExportTraceServiceRequest request) {
        if (save == null) {
            return;
        }
        synchronized (save) {
            try {
                save.write(OtlpJson.write(request) + '\n');
                save.flush();
            } catch (IOException e) {
                journal.problem("the spans could not be saved: " + e.getMessage());
            }
        }
    }

    private static void accepted(HttpExchange exchange, int status) throws IOException {
        boolean json = OtlpRequests.isJson(exchange.getRequestHeaders().getFirst("Content-Type"));
        exchange.getResponseHeaders().add("Content-Type", json ? "application/json" : "application/x-protobuf");
        byte[] body = (json ? "{}" : "").getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            exchange.getResponseBody().write(body);
        }
    }

    private void model(HttpExchange exchange, String path) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        Map<String, String> headers = new TreeMap<>();
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(", ", values)));
        ModelAnswer answer = ModelAnswer.to(path, exchange.getRequestURI().getRawQuery(), body);
        journal.request(exchange.getRequestMethod(), path, answer.api(), Collections.unmodifiableMap(headers));
        exchange.getResponseHeaders().add("Content-Type", answer.contentType());
        exchange.sendResponseHeaders(answer.status(), 0);
        try (OutputStream out = exchange.getResponseBody()) {
            for (String part : answer.parts()) {
                out.write(part.getBytes(StandardCharsets.UTF_8));
                out.flush();
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
