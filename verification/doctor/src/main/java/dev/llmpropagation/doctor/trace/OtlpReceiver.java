package dev.llmpropagation.doctor.trace;

import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.resource.v1.Resource;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/**
 * A collector for OTLP over HTTP with protobuf, on the loopback interface. Keeps spans, log records, the last of each
 * metric, and headers, up to a bound; what it has no room for, or cannot read, it refuses. Thread-safe.
 */
public final class OtlpReceiver implements AutoCloseable {

    private static final String TRACES = "/v1/traces";
    private static final String LOGS = "/v1/logs";
    private static final String METRICS = "/v1/metrics";
    private static final int THREADS = 100;
    private static final int PART = 1 << 16;

    private final Server server;
    private final ServerConnector connector;
    private final Limits limits;
    private final List<TraceSpan> spans = new ArrayList<>();
    private final List<TraceLog> logs = new ArrayList<>();
    private final Map<Resource, List<MetricPoint>> metrics = new LinkedHashMap<>();
    private final List<Map<String, String>> requests = new ArrayList<>();
    private Consumer<ExportTraceServiceRequest> onTraces = request -> {};

    /**
     * @param bytes of one body, as it is sent and after it is unpacked
     * @param bodyTime for one body
     * @param silence after which a connection is closed on which nothing comes
     * @param connections at the same time; more have to wait
     * @param kept requests, spans, and log records
     */
    record Limits(int bytes, Duration bodyTime, Duration silence, int connections, int kept) {

        static final Limits DEFAULT =
                new Limits(20 << 20, Duration.ofSeconds(60), Duration.ofSeconds(30), 1_000, 200_000);
    }

    private OtlpReceiver(Limits limits) {
        this.limits = limits;
        QueuedThreadPool threads = new QueuedThreadPool(THREADS);
        threads.setDaemon(true);
        threads.setName("doctor-collector");
        server = new Server(threads);
        connector = new ServerConnector(server);
        connector.setHost(InetAddress.getLoopbackAddress().getHostAddress());
        connector.setIdleTimeout(limits.silence.toMillis());
        server.addConnector(connector);
        server.addBean(new NetworkConnectionLimit(limits.connections, connector));
        server.setHandler(new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) {
                response.getHeaders().put("Content-Type", "application/x-protobuf");
                response.setStatus(answer(request));
                callback.succeeded();
                return true;
            }
        });
    }

    /** Listens on a free port. */
    public static OtlpReceiver start() throws IOException {
        return start(Limits.DEFAULT);
    }

    static OtlpReceiver start(Limits limits) throws IOException {
        OtlpReceiver receiver = new OtlpReceiver(limits);
        try {
            receiver.server.start();
        } catch (Exception e) { // whatever Jetty throws
            receiver.close();
            throw new IOException("The collector could not start", e);
        }
        return receiver;
    }

    /** As {@code OTEL_EXPORTER_OTLP_ENDPOINT} names it. */
    public String endpoint() {
        return "http://localhost:" + connector.getLocalPort();
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
    public synchronized List<TraceLog> logs() {
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
        try {
            server.stop();
        } catch (Exception e) { // nobody could do anything about it
            throw new IllegalStateException("The collector could not stop", e);
        }
    }

    /** The status. */
    private int answer(Request request) {
        Map<String, String> headers = new TreeMap<>();
        request.getHeaders()
                .forEach(header -> headers.merge(
                        header.getName().toLowerCase(Locale.ROOT),
                        header.getValue() == null ? "" : header.getValue(),
                        (one, other) -> one + ", " + other));
        try {
            byte[] body = body(Content.Source.asInputStream(request), headers.get("content-encoding"));
            synchronized (this) {
                if (requests.size() >= limits.kept || spans.size() >= limits.kept || logs.size() >= limits.kept) {
                    throw new Refused(503);
                }
                requests.add(Map.copyOf(headers));
                return take(Request.getPathInContext(request), body) ? 200 : 404;
            }
        } catch (Refused e) {
            return e.status;
        } catch (IOException e) { // the rest did not come, or is not what it is said to be
            return 400;
        }
    }

    private boolean take(String path, byte[] body) throws IOException {
        switch (path) {
            case TRACES -> {
                ExportTraceServiceRequest received = OtlpRequests.read(new ByteArrayInputStream(body), null);
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

    private byte[] body(InputStream sent, @Nullable String encoding) throws IOException {
        byte[] body = whole(sent);
        if (encoding == null || encoding.equals("identity")) {
            return body;
        }
        if (!encoding.equals("gzip")) {
            throw new Refused(415);
        }
        return whole(new GZIPInputStream(new ByteArrayInputStream(body)));
    }

    private byte[] whole(InputStream in) throws IOException {
        long start = System.nanoTime();
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        byte[] part = new byte[PART];
        for (int read = in.read(part); read >= 0; read = in.read(part)) {
            whole.write(part, 0, read);
            if (whole.size() > limits.bytes) {
                throw new Refused(413);
            }
            if (System.nanoTime() - start > limits.bodyTime.toNanos()) {
                throw new Refused(408);
            }
        }
        return whole.toByteArray();
    }

    /** A request that is not taken. */
    private static final class Refused extends IOException {

        private static final long serialVersionUID = 1;

        private final int status;

        Refused(int status) {
            this.status = status;
        }
    }
}
