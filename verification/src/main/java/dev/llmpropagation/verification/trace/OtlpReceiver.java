package dev.llmpropagation.verification.trace;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;

/** A collector for OTLP over HTTP with protobuf, on the loopback interface. Keeps spans and headers. Thread-safe. */
public final class OtlpReceiver implements AutoCloseable {

    private static final String TRACES = "/v1/traces";

    private final HttpServer server;
    private final List<TraceSpan> spans = new ArrayList<>();
    private final List<Map<String, String>> requests = new ArrayList<>();
    private Consumer<ExportTraceServiceRequest> onTraces = request -> {};

    private OtlpReceiver(HttpServer server) {
        this.server = server;
    }

    /** Listens on a free port. */
    public static OtlpReceiver start() throws IOException {
        OtlpReceiver receiver =
                new OtlpReceiver(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
        receiver.server.createContext("/", receiver::handle);
        receiver.server.start();
        return receiver;
    }

    /** As {@code OTEL_EXPORTER_OTLP_ENDPOINT} names it. */
    public String endpoint() {
        return "http://localhost:" + server.getAddress().getPort();
    }

    /** Where an exporter sends its spans, in full. */
    public String tracesEndpoint() {
        return endpoint() + TRACES;
    }

    /** All spans so far, in the order of their arrival. */
    public synchronized List<TraceSpan> spans() {
        return List.copyOf(spans);
    }

    /** Headers of all requests so far, names in lower case. */
    public synchronized List<Map<String, String>> requests() {
        return List.copyOf(requests);
    }

    /** Gives each later request to this as well, one at a time, before its answer. */
    public synchronized void onTraces(Consumer<ExportTraceServiceRequest> consumer) {
        onTraces = consumer;
    }

    public synchronized void clear() {
        spans.clear();
        requests.clear();
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            ExportTraceServiceRequest received = ExportTraceServiceRequest.getDefaultInstance();
            int status = 404;
            if (exchange.getRequestURI().getPath().equals(TRACES)) {
                received = ExportTraceServiceRequest.parseFrom(body(exchange));
                status = 200;
            }
            Map<String, String> headers = new TreeMap<>();
            exchange.getRequestHeaders()
                    .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(", ", values)));
            synchronized (this) {
                spans.addAll(OtlpSpans.of(received));
                if (status == 200) {
                    onTraces.accept(received);
                }
                requests.add(Map.copyOf(headers));
            }
            exchange.getResponseHeaders().add("Content-Type", "application/x-protobuf");
            exchange.sendResponseHeaders(status, -1);
        }
    }

    private static InputStream body(HttpExchange exchange) throws IOException {
        InputStream body = exchange.getRequestBody();
        return "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"))
                ? new GZIPInputStream(body)
                : body;
    }
}
