package dev.llmpropagation.doctor.listen;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * The server. Jetty, and not the JDK's own: that one hangs up without an answer where it does not understand a request, and
 * keeps a thread for each client that says nothing.
 */
final class Listener implements AutoCloseable {

    private static final int THREADS = 200;
    private static final int HEADER_BYTES = 64 * 1024;

    private final Server server;
    private final ServerConnector connector;
    private final ListenLimits limits;
    private final Journal journal;
    private final ReceivedTelemetry telemetry;

    /** @param save gets spans, metrics and log records as OTLP JSON, one request a line */
    Listener(InetSocketAddress address, ListenLimits limits, Journal journal, SavedTelemetry save) throws IOException {
        this.limits = limits;
        this.journal = journal;
        telemetry = new ReceivedTelemetry(limits, journal, save);
        QueuedThreadPool threads = new QueuedThreadPool(THREADS);
        threads.setDaemon(true);
        threads.setName("doctor-listen");
        server = new Server(threads);
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(HEADER_BYTES);
        // Only what cannot be read at all is refused: what the path means is looked at here.
        http.setUriCompliance(UriCompliance.UNSAFE);
        connector = new ServerConnector(server, new HttpConnectionFactory(http));
        connector.setHost(address.getHostString());
        connector.setPort(address.getPort());
        connector.setIdleTimeout(limits.silence().toMillis());
        server.addConnector(connector);
        server.addBean(new NetworkConnectionLimit(limits.connections(), connector));
        server.setErrorHandler(new Unreadable(journal));
        server.setHandler(new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) throws IOException {
                serve(request, response);
                callback.succeeded();
                return true;
            }
        });
        start();
    }

    private void start() throws IOException {
        try {
            server.start();
        } catch (IOException e) {
            close();
            throw e.getCause() instanceof BindException taken ? taken : e;
        } catch (Exception e) {
            close();
            throw new IOException(e);
        }
    }

    int port() {
        return connector.getLocalPort();
    }

    private void serve(Request request, Response response) throws IOException {
        String path = String.valueOf(request.getHttpURI().getPath());
        InputStream body = Content.Source.asInputStream(request);
        PlayedAnswer answer = null;
        try {
            switch (path) {
                case ReceivedTelemetry.TRACES, ReceivedTelemetry.METRICS, ReceivedTelemetry.LOGS ->
                    telemetry.take(path, body, request.getHeaders());
                default -> answer = model(request, path, body);
            }
        } catch (IOException e) {
            Refusal refusal =
                    e instanceof Refusal own ? own : new Refusal(408, "the rest of this request did not come");
            refuse(request, response, path, refusal, body);
            return;
        }
        if (answer == null) {
            ReceivedTelemetry.accept(request.getHeaders(), response);
        } else {
            write(response, answer);
        }
    }

    /** A client that still sends its body would not look at an answer, so the rest is read first. */
    private void refuse(Request request, Response response, String path, Refusal refusal, InputStream body)
            throws IOException {
        journal.problem(
                refusal.status() == 400
                        ? refusal.getMessage()
                        : path + " answered with status " + refusal.status() + ": " + refusal.getMessage());
        if (refusal.status() == 413) {
            try (InputStream rest = new LimitedBody(body, limits.ignoredBytes(), "the rest", limits.bodyTime())) {
                rest.transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                // It never ends. The answer is sent all the same.
            }
        }
        response.getHeaders().put("Connection", "close");
        if (path.startsWith(ReceivedTelemetry.TRACES)
                || path.equals(ReceivedTelemetry.METRICS)
                || path.equals(ReceivedTelemetry.LOGS)) {
            ReceivedTelemetry.refuse(request.getHeaders(), response, refusal);
        } else {
            write(response, PlayedAnswer.refused(refusal.status(), String.valueOf(refusal.getMessage())));
        }
    }

    private PlayedAnswer model(Request request, String path, InputStream body) throws IOException {
        LimitedBody limited = new LimitedBody(body, limits.modelBytes(), "this request", limits.bodyTime());
        ModelQuestion question = ModelQuestion.read(limited);
        limited.transferTo(OutputStream.nullOutputStream());
        HttpFields headers = request.getHeaders();
        String origin = "http://" + Request.getServerName(request) + ':' + Request.getServerPort(request);
        PlayedAnswer answer = PlayedAnswer.to(new PlayedAnswer.Request(
                request.getMethod(),
                path,
                request.getHttpURI().getQuery(),
                origin,
                headers.get("X-Goog-Upload-Command"),
                question));
        journal.request(request.getMethod(), path, answer.api(), byName(headers));
        return answer;
    }

    private static Map<String, String> byName(HttpFields headers) {
        Map<String, String> byName = new TreeMap<>();
        for (HttpField header : headers) {
            String value = header.getValue() == null ? "" : header.getValue();
            byName.merge(header.getName().toLowerCase(Locale.ROOT), value, (one, other) -> one + ", " + other);
        }
        return Collections.unmodifiableMap(byName);
    }

    private static void write(Response response, PlayedAnswer answer) throws IOException {
        response.setStatus(answer.status());
        response.getHeaders().put("Content-Type", answer.contentType());
        answer.headers().forEach(response.getHeaders()::put);
        try (OutputStream out = Content.Sink.asOutputStream(response)) {
            for (String part : answer.parts()) {
                out.write(part.getBytes(StandardCharsets.UTF_8));
                out.flush();
            }
        }
    }

    @Override
    public void close() {
        try {
            server.stop();
        } catch (Exception e) {
            journal.problem("the server could not be stopped: " + e);
        }
    }
}
