package dev.llmpropagation.doctor.trace;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.resource.v1.Resource;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;

/**
 * A collector for OTLP over HTTP with protobuf, on the loopback interface. Keeps spans, log records, the last of each
 * metric, and headers. Thread-safe.
 */
public final class OtlpReceiver implements AutoCloseable {

    private static final String TRACES = "/v1/traces";
    private static final String LOGS = "/v1/logs";
    private static final String METRICS = "/v1/metrics";

    private final HttpServer server;
    private final List<TraceSpan> spans = new ArrayList<>();
    private final List<LogEvent> logs = new ArrayList<>();
    private final Map<Resource, List<MetricPoint>> metrics = new LinkedHashMap<>();
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

    /** All log records so far, in the order of their arrival. */
    public synchronized List<LogEvent> logs() {
        return List.copyOf(logs);
    }

    /** What each process last sent. Its exporter sends sums from its start on. */
    public synchronized List<MetricPoint> metrics() {
        return metrics.values().stream().flatMap(List::stream).toList();
    }

    /** Headers of all requests so far, names in lower case. */
    public synchronized List<Map<String, String>> requests() {
        return List.copyOf(requests);
    }

    /** Gives each later request with spans to this as well, one at a time, before its answer. */
    public synchronized void onTraces(Consumer<ExportTraceServiceRequest> consumer) {
        onTraces = consumer;
    }

    public synchronized void clear() {
        spans.clear();
        logs.clear();
        metrics.clear();
        requests.clear();
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            byte[] body = body(exchange).readAllBytes();
            Map<String, String> headers = new TreeMap<>();
            exchange.getRequestHeaders()
                    .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(", ", values)));
            int status;
            synchronized (this) {
                status = take(path, body) ? 200 : 404;
                requests.add(Map.copyOf(headers));
            }
            exchange.getResponseHeaders().add("Content-Type", "application/x-protobuf");
            exchange.sendResponseHeaders(status, -1);
        }
    }

    private boolean take(String path, byte[] body) throws IOException {
        switch (path) {
            case TRACES -> {
                ExportTraceServiceRequest received = ExportTraceServiceRequest.parseFrom(body);
                spans.addAll(OtlpSpans.of(received));
                onTraces.accept(received);
            }
            case LOGS -> logs.addAll(OtlpLogs.of(ExportLogsServiceRequest.parseFrom(body)));
            case METRICS ->
                ExportMetricsServiceRequest.parseFrom(body)
                        .getResourceMetricsList()
                        .forEach(resource -> metrics.put(resource.getResource(), OtlpMetrics.of(resource)));
            default -> {
                return false;
            }
        }
        return true;
    }

    private static InputStream body(HttpExchange exchange) throws IOException {
        InputStream body = exchange.getRequestBody();
        return "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"))
                ? new GZIPInputStream(body)
                : body;
    }
}
