package dev.llmpropagation.scenarios.samples;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.llmpropagation.agent.AgentTracing;
import dev.llmpropagation.agent.Interaction;
import dev.llmpropagation.carrier.EnvelopeCarrier;
import dev.llmpropagation.daemon.BridgeOperation;
import dev.llmpropagation.daemon.DaemonChannel;
import dev.llmpropagation.daemon.DaemonRequest;
import dev.llmpropagation.daemon.DaemonStream;
import dev.llmpropagation.daemon.DaemonTelemetry;
import dev.llmpropagation.daemon.Direction;
import dev.llmpropagation.daemon.HttpServerFilter;
import dev.llmpropagation.daemon.InboundTrace;
import dev.llmpropagation.daemon.QueuedPrompt;
import dev.llmpropagation.daemon.Routes;
import dev.llmpropagation.daemon.StreamEnd;
import dev.llmpropagation.sdk.SdkDiagnostics;
import dev.llmpropagation.sdk.SdkShutdown;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;

/** The samples of docs/daemon.md. */
final class DaemonSamples {

    private DaemonSamples() {}

    static DaemonTelemetry httpServer(OpenTelemetry openTelemetry, HttpServer server, HttpHandler handler) {
        // sample: httpServer
        DaemonTelemetry daemon = DaemonTelemetry.builder(openTelemetry)
                .routes(Routes.of("POST /session", "POST /session/:id/prompt", "GET /session/:id/events"))
                .build();
        server.createContext("/", handler).getFilters().add(new HttpServerFilter(daemon));
        // end
        return daemon;
    }

    static void ids(DaemonRequest request, String sessionId, String promptId, String clientId, String workspace) {
        // sample: ids
        request.session(sessionId);
        request.prompt(promptId);
        request.client(clientId);
        request.workspace(workspace); // its hash
        // end
    }

    static Future<String> queue(
            DaemonTelemetry daemon,
            ExecutorService queue,
            BooleanSupplier cancelled,
            Map<String, Object> params,
            Function<Map<String, Object>, String> child) {
        // sample: queue
        QueuedPrompt queued = daemon.queued(); // where the request is current
        Callable<String> work = () -> queued.dispatch().cancelledWhen(cancelled).call(step -> {
            if (cancelled.getAsBoolean()) {
                return ""; // it was cancelled in the queue; nothing is sent
            }
            return child.apply(EnvelopeCarrier.reference().inject(Context.current(), params));
        });
        Future<String> answer = queue.submit(work);
        // end
        return answer;
    }

    static String inProcess(DaemonRequest request, AgentTracing agent, Function<Interaction, String> work) {
        // sample: inProcess
        QueuedPrompt queued = request.queued();
        String answer = queued.dispatch()
                .call(step ->
                        agent.interaction("prompt-1").parent(Context.current()).call(turn -> work.apply(turn)));
        // end
        return answer;
    }

    static Process channel(DaemonTelemetry daemon, ProcessBuilder command, byte[] message) throws Exception {
        // sample: channel
        Process process = daemon.bridge(BridgeOperation.CHANNEL_SPAWN).call(step -> command.start());
        DaemonChannel channel = daemon.channel("child-" + process.pid());
        channel.sessionOpened("session-1");
        channel.message(Direction.OUTBOUND, message.length);
        process.onExit().thenAccept(ended -> channel.exited(ended.exitValue(), false));
        // end
        return process;
    }

    static void stream(DaemonRequest request, BlockingQueue<String> events, Consumer<String> client) throws Exception {
        // sample: stream
        DaemonStream stream = request.stream(null); // the headers are sent
        try {
            int id = 0;
            for (String event = events.take(); !event.isEmpty(); event = events.take()) {
                client.accept(event);
                stream.wrote(Integer.toString(++id));
            }
            stream.closed(StreamEnd.COMPLETED);
        } finally {
            stream.closed(StreamEnd.FAILED); // unless it has been said how it ended
        }
        // end
    }

    static DaemonTelemetry strangers(OpenTelemetry openTelemetry) {
        // sample: strangers
        DaemonTelemetry daemon = DaemonTelemetry.builder(openTelemetry)
                .inboundTrace(InboundTrace.LINK)
                .build();
        // end
        return daemon;
    }

    static DaemonTelemetry safetyNet(OpenTelemetry openTelemetry, Consumer<String> log) {
        // sample: safetyNet
        DaemonTelemetry daemon = DaemonTelemetry.builder(openTelemetry)
                .timeToLive(Duration.ofHours(24)) // the longest without a word, of a handle of start()
                .diagnostics(log)
                .build();
        // end
        return daemon;
    }

    static List<String> shutdown(OpenTelemetrySdk sdk, DaemonTelemetry daemon, Runnable serve, Consumer<String> log) {
        // sample: shutdown
        SdkDiagnostics quiet = SdkDiagnostics.to(log); // first of all, and to the end
        serve.run();
        daemon.close();
        List<String> late = SdkShutdown.within(sdk, Duration.ofSeconds(10));
        // end
        quiet.close();
        return late;
    }
}
