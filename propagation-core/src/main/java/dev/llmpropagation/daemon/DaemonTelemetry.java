package dev.llmpropagation.daemon;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.Instrumentation;
import dev.llmpropagation.internal.span.OpenSpans;
import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.Throwables;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/**
 * Tells what a daemon does that hosts the agents of many sessions: spans of its requests and of the steps between its
 * clients and the processes of its agents, thirteen metrics, and log records with the ids of both.
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
 * <p>Knows no HTTP server. Immutable and thread-safe; it starts no thread and flushes nothing. Nothing here throws: what
 * comes from outside may be null or nonsense, and is left out then.
 */
public final class DaemonTelemetry implements AutoCloseable {

    private final DaemonInstruments instruments;

    DaemonTelemetry(DaemonInstruments instruments) {
        this.instruments = instruments;
    }

    /**
     * Starts with the defaults.
     *
     * @param openTelemetry makes spans, metrics and log records; its propagators have no say. Without an SDK the trace of a
     *     client passes through unless {@link InboundTrace} keeps it apart, and sessions are still known in the Context
     */
    public static DaemonTelemetryBuilder builder(OpenTelemetry openTelemetry) {
        return new DaemonTelemetryBuilder(requireNonNull(openTelemetry, "openTelemetry"));
    }

    /**
     * A request has come. Its clock runs from {@link DaemonRequest.Builder#start} on.
     *
     * @param method of HTTP, in capitals
     * @param path as the client sent it, with or without the query; it names the route and goes nowhere else. If one of
     *     both is null, the request is in no catalogue
     */
    public DaemonRequest.Builder request(@Nullable String method, @Nullable String path) {
        return new DaemonRequest.Builder(instruments, method, path);
    }

    /**
     * A step between clients and processes, in the span that is current when it starts. A prompt that waits in a queue goes
     * by {@link #queued()} instead.
     *
     * @param operation the program's own choice, so it must not be null
     */
    public BridgeSpan.Builder bridge(BridgeOperation operation) {
        return new BridgeSpan.Builder(instruments, operation, null, -1);
    }

    /**
     * A prompt is put into a queue now, where its request is current; keep this beside it. Its wait runs from now on. On
     * another thread use {@link DaemonRequest#queued()}: what is dispatched outside of any span is a trace of its own, and a
     * diagnostic says so.
     */
    public QueuedPrompt queued() {
        Context current = instruments.instrumentation().context();
        DaemonRequest request = DaemonRequest.of(current);
        return QueuedPrompt.in(current, instruments, request == null ? null : request.waiting());
    }

    /**
     * A process was started; {@link DaemonChannel#exited} tells of its end.
     *
     * @param id names it in this daemon; at most 128 characters are shown, on events and log records, never on metrics
     */
    public DaemonChannel channel(@Nullable String id) {
        return new DaemonChannel(instruments, id, null);
    }

    /**
     * Ends the spans and streams that had no activity for {@link DaemonTelemetryBuilder#timeToLive}. The start of a later
     * span does this on its own, at most once a minute.
     */
    public void sweep() {
        instruments.instrumentation().quietly("The safety net failed", instruments.open()::sweep);
    }

    /**
     * For the end of the daemon, before its processes are stopped and the SDK is shut down: ends what is open as cancelled,
     * and counts its sessions as closed. A process that ends from now on is meant to. The gauges stay, and show what is left:
     * nothing. It flushes nothing; that is {@code SdkShutdown}'s. Later spans start as before.
     */
    @Override
    public void close() {
        Instrumentation instrumentation = instruments.instrumentation();
        OpenSpans open = instruments.open();
        instruments.closed().set(true);
        try {
            instrumentation.quietly("Open spans could not be ended", () -> {
                Throwables.forAll(open.handles(DaemonRequest.class), DaemonRequest::shutDown);
                Throwables.forAll(open.handles(DaemonSpan.class), span -> span.life.end(Ending.of(Outcome.CANCELLED)));
            });
        } finally {
            long sessions = instruments.channels().stream()
                    .mapToLong(ChannelSessions::shutDown)
                    .sum();
            if (sessions > 0) {
                instrumentation.measure(() -> instruments.metrics().sessions(DaemonMetrics.Action.CLOSE, sessions));
            }
            instrumentation.quietly("Gauges could not be closed", instruments.metrics()::close);
        }
    }

    /** Spans that are still open. */
    int openSpans() {
        return instruments.open().size();
    }

    /** Processes that run, or whose sessions another process may take up. */
    int openChannels() {
        return instruments.channels().size();
    }

    int openStreams() {
        return instruments.streams().intValue();
    }
}
