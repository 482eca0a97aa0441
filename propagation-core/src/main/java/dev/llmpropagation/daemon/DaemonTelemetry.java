package dev.llmpropagation.daemon;

import static java.util.Objects.requireNonNull;

import io.opentelemetry.api.OpenTelemetry;

/**
 * Tells what a daemon does that hosts the agents of many sessions: spans of its requests and of the steps between its
 * clients and the processes of its agents, twelve metrics, and log records with the ids of both.
 *
 * <pre>{@code
 * DaemonRequest request = daemon.request(method, path).headers(headers, getter).start();
 * try (Scope ignored = request.makeCurrent()) {
 *     request.session(sessionId);
 *     ...
 * } finally {
 *     request.responded(status);
 * }
 * }</pre>
 *
 * <p>Knows no HTTP server. Immutable and thread-safe; it starts no thread and flushes nothing. Nothing here throws, but for
 * a null that it does not take.
 */
public final class DaemonTelemetry implements AutoCloseable {

    private final Engine engine;

    DaemonTelemetry(Engine engine) {
        this.engine = engine;
    }

    /** Starts with the defaults. */
    public static DaemonTelemetryBuilder builder(OpenTelemetry openTelemetry) {
        return new DaemonTelemetryBuilder(requireNonNull(openTelemetry, "openTelemetry"));
    }

    /**
     * A request has come.
     *
     * @param method of HTTP, in capitals
     * @param path as the client sent it; it names the route and goes nowhere else
     */
    public DaemonRequest.Builder request(String method, String path) {
        return new DaemonRequest.Builder(engine, method, path);
    }

    /** A step between clients and processes, in the span that is current when it starts. */
    public BridgeSpan.Builder bridge(BridgeOperation operation) {
        return new BridgeSpan.Builder(engine, operation, null, -1);
    }

    /** A prompt is put into a queue now; keep this beside it. */
    public QueuedPrompt queued() {
        return new QueuedPrompt(engine);
    }

    /**
     * A process was started.
     *
     * @param id names it in this daemon
     */
    public DaemonChannel channel(String id) {
        return new DaemonChannel(engine, id);
    }

    /** For the end of the daemon: ends what is open as cancelled, and takes the gauges back. */
    @Override
    public void close() {
        engine.quietly("Open spans could not be ended", engine.live()::endAll);
        engine.quietly("Gauges could not be taken back", engine.metrics()::close);
    }

    /** Spans that are still open. */
    int openSpans() {
        return engine.live().openSpans();
    }
}
