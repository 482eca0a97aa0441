package dev.llmpropagation.scenarios.network;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.llmpropagation.fixtures.Latches;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import okhttp3.tls.HandshakeCertificates;

/** A model service that lists its models and streams an answer, or fails where a test wants it to. */
final class ScriptedService implements AutoCloseable {

    /** Whose API it has. */
    enum Shape {
        OPENAI(
                "{\"object\":\"list\",\"data\":[{\"id\":\"m\",\"object\":\"model\",\"created\":1,\"owned_by\":\"o\"}]}",
                "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":"
                        + "[{\"index\":0,\"delta\":{\"content\":\"a\"}%s}]}\n\n",
                ",\"finish_reason\":\"stop\"",
                "data: [DONE]\n\n",
                "{\"error\":{\"message\":\"%s\"}}"),
        GEMINI(
                "{\"name\":\"models/m\",\"models\":[{\"name\":\"models/m\"}]}",
                "data: {\"candidates\":[{\"index\":0,\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"a\"}]"
                        + "}%s}]}\r\n\r\n",
                ",\"finishReason\":\"STOP\"",
                "",
                "{\"error\":{\"code\":400,\"status\":\"X\",\"message\":\"%s\"}}");

        private final String models;
        private final String chunk;
        private final String lastWord;
        private final String end;
        private final String error;

        Shape(String models, String chunk, String lastWord, String end, String error) {
            this.models = models;
            this.chunk = chunk;
            this.lastWord = lastWord;
            this.end = end;
            this.error = error;
        }
    }

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final List<String> received = new CopyOnWriteArrayList<>();
    private final HttpServer server;
    private final Shape shape;

    /** For the list of models, or the one model. */
    volatile int modelsStatus = 200;

    /** For the call. */
    volatile int callStatus = 200;

    /** A service may well repeat the key that it refuses. */
    volatile String errorMessage = "no";

    /** A parameter that is refused as OpenAI's newer models do; null for none. */
    volatile String refusedParameter;

    /** The answer to a call that wants no stream. */
    volatile String whole = "{}";

    /** How many calls are answered by 503 first. */
    final AtomicInteger busy = new AtomicInteger();

    /** How many chunks come that are not the last one. */
    volatile int chunks = 1;

    /** Whether the chunk with the model's last word comes. */
    volatile boolean complete = true;

    /** What comes after the chunks, in the place of an end. */
    volatile String rest = "";

    /** The connection breaks off after the chunks. */
    volatile boolean cut;

    /** Nothing more comes after the chunks, and the connection stays. */
    volatile boolean stalls;

    private ScriptedService(Shape shape, HttpServer server) {
        this.shape = shape;
        this.server = server;
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    static ScriptedService http(Shape shape) {
        try {
            return new ScriptedService(shape, HttpServer.create(loopback(), 0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static ScriptedService https(Shape shape, Certificates certificates) {
        return https(shape, certificates, false);
    }

    /** Asks for a certificate of the client, one of the company's. */
    static ScriptedService mutual(Shape shape, Certificates certificates) {
        return https(shape, certificates, true);
    }

    private static ScriptedService https(Shape shape, Certificates certificates, boolean mutual) {
        SSLContext tls = new HandshakeCertificates.Builder()
                .heldCertificate(certificates.server)
                .addTrustedCertificate(certificates.authority.certificate())
                .build()
                .sslContext();
        try {
            HttpsServer server = HttpsServer.create(loopback(), 0);
            server.setHttpsConfigurator(new HttpsConfigurator(tls) {
                @Override
                public void configure(HttpsParameters parameters) {
                    SSLParameters ssl = tls.getDefaultSSLParameters();
                    ssl.setNeedClientAuth(mutual);
                    parameters.setSSLParameters(ssl);
                }
            });
            return new ScriptedService(shape, server);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InetSocketAddress loopback() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** Method, path and query of each request. */
    List<String> received() {
        return received;
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        received.add(exchange.getRequestMethod() + ' ' + exchange.getRequestURI());
        boolean models = exchange.getRequestMethod().equals("GET");
        boolean refused = refusedParameter != null && body.contains('"' + refusedParameter + '"');
        int status = models
                ? modelsStatus
                : busy.getAndUpdate(left -> Math.max(0, left - 1)) > 0 ? 503 : refused ? 400 : callStatus;
        boolean streams = !models
                && status == 200
                && (body.contains("\"stream\":true")
                        || exchange.getRequestURI().getPath().endsWith(":streamGenerateContent"));
        exchange.getResponseHeaders().add("Content-Type", streams ? "text/event-stream" : "application/json");
        exchange.getResponseHeaders().add("retry-after-ms", "1"); // openai-java waits no longer before it tries again
        if (streams) {
            stream(exchange);
        } else {
            byte[] document = (status != 200
                            ? shape.error.formatted(
                                    refused
                                            ? "Unsupported parameter: '" + refusedParameter
                                                    + "' is not supported with this model."
                                            : errorMessage)
                            : models ? shape.models : whole)
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, document.length);
            exchange.getResponseBody().write(document);
        }
        exchange.close();
    }

    private void stream(HttpExchange exchange) throws IOException {
        String text = shape.chunk.formatted("").repeat(chunks)
                + (complete ? shape.chunk.formatted(shape.lastWord) + shape.end : "")
                + rest;
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, cut ? bytes.length + 100 : 0);
        OutputStream out = exchange.getResponseBody();
        out.write(bytes);
        out.flush();
        if (stalls) {
            Latches.await(closed);
        }
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
