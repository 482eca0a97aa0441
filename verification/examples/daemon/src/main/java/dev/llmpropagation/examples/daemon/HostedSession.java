package dev.llmpropagation.examples.daemon;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import dev.llmpropagation.daemon.BridgeOperation;
import dev.llmpropagation.daemon.BridgeSpan;
import dev.llmpropagation.daemon.DaemonRequest;
import dev.llmpropagation.daemon.DaemonStream;
import dev.llmpropagation.daemon.DaemonTelemetry;
import dev.llmpropagation.daemon.QueuedPrompt;
import dev.llmpropagation.daemon.StreamEnd;
import io.opentelemetry.context.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One session of the daemon: its prompts one after the other, its stream of events, what it asks of its user. */
final class HostedSession {

    private static final String CANCELLED = "cancelled";

    /** Where the agents are. */
    interface Processes {
        /** The one that runs, started if there is none. */
        ChildProcess running() throws Exception;
    }

    final String id;
    final String workspace;

    private final String provider;
    private final DaemonTelemetry daemon;
    private final Processes processes;
    private final AtomicInteger waiting;
    private final ExecutorService queue = Executors.newSingleThreadExecutor();
    private final Events events = new Events();
    private final Map<String, CompletableFuture<String>> permissions = new ConcurrentHashMap<>();
    private volatile @Nullable BridgeSpan running; // one at a time
    private final AtomicInteger cancels = new AtomicInteger();
    private final AtomicInteger streams = new AtomicInteger();
    private @Nullable ChildProcess home;

    /** @param waiting counts the prompts that wait behind another one of their session */
    HostedSession(
            String id,
            String provider,
            String workspace,
            DaemonTelemetry daemon,
            Processes processes,
            AtomicInteger waiting) {
        this.id = id;
        this.provider = provider;
        this.workspace = workspace;
        this.daemon = daemon;
        this.processes = processes;
        this.waiting = waiting;
    }

    /** It lives in the process that runs now, made there, or taken there if it was lost with another one. */
    ChildProcess attach() throws Exception {
        return attach(BridgeOperation.SESSION_NEW);
    }

    /** The same for a session of an earlier daemon. */
    void load() throws Exception {
        attach(BridgeOperation.SESSION_LOAD);
    }

    private synchronized ChildProcess attach(BridgeOperation first) throws Exception {
        ChildProcess now = processes.running();
        if (now != home) {
            BridgeOperation operation = home == null ? first : BridgeOperation.SESSION_LOAD;
            String method = operation == BridgeOperation.SESSION_NEW ? "session/new" : "session/load";
            daemon.bridge(operation).session(id).call(step -> now.ask(method, params().put("provider", provider)));
            now.channel.sessionOpened(id);
            home = now;
        }
        return now;
    }

    ObjectNode prompt(DaemonRequest request, ObjectNode body) throws Exception {
        String promptId = UUID.randomUUID().toString();
        request.prompt(promptId);
        QueuedPrompt queued = request.queued();
        int cancelsBefore = cancels.get();
        CompletableFuture<ObjectNode> answer = new CompletableFuture<>();
        waiting.incrementAndGet();
        try {
            queue.execute(() -> {
                waiting.decrementAndGet();
                try {
                    answer.complete(queued.dispatch()
                            .cancelledWhen(() -> cancels.get() != cancelsBefore)
                            .call(step -> dispatch(step, promptId, body, cancelsBefore)));
                } catch (Throwable e) { // goes to the request, which would wait for it else
                    answer.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) { // closed meanwhile
            waiting.decrementAndGet();
            throw e;
        }
        try {
            return answer.get(90, TimeUnit.SECONDS).put("promptId", promptId);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    private ObjectNode dispatch(BridgeSpan step, String promptId, ObjectNode body, int cancelsBefore) throws Exception {
        if (cancels.get() != cancelsBefore) { // in the queue
            return JsonRpc.JSON.createObjectNode().put("stopReason", CANCELLED);
        }
        ObjectNode params = body.deepCopy();
        params.put("sessionId", id).put("promptId", promptId); // whatever the client says
        events.add("prompt.started", "");
        running = step;
        try {
            ChildProcess process = attach();
            return process.ask("session/prompt", Meta.with(Context.current(), params));
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        } finally {
            running = null;
            events.add("prompt.finished", "");
        }
    }

    ObjectNode cancel() throws Exception {
        cancels.incrementAndGet();
        daemon.bridge(BridgeOperation.SESSION_CANCEL).session(id).run(step -> {
            ChildProcess process = home;
            if (process != null) {
                process.tell("session/cancel", Meta.with(Context.current(), params()));
            }
        });
        if (!permissions.isEmpty()) {
            daemon.bridge(BridgeOperation.PERMISSION_CANCEL)
                    .session(id)
                    .run(step -> permissions.keySet().forEach(question -> {
                        step.permission(question);
                        answered(question, CANCELLED);
                    }));
        }
        return JsonRpc.JSON.createObjectNode();
    }

    /** The agent asks the user, by an id of its own. Whoever listens to the session's events can answer. */
    CompletableFuture<ObjectNode> ask(ObjectNode params) {
        String question = params.path("requestId").asText();
        BridgeSpan step = running;
        if (step != null) {
            step.permissionRequested(question);
        }
        CompletableFuture<String> option = new CompletableFuture<>();
        permissions.put(question, option);
        events.add("permission.requested", question);
        if (queue.isShutdown()) { // nobody is left to answer it
            answered(question, CANCELLED);
        }
        return option.thenApply(chosen ->
                JsonRpc.JSON.createObjectNode().put("requestId", question).put("option", chosen));
    }

    /** @return whether somebody waits for this answer */
    boolean permission(DaemonRequest request, String question, ObjectNode body) {
        request.permission(question);
        return answered(question, body.path("option").asText(CANCELLED));
    }

    private boolean answered(String question, String option) {
        CompletableFuture<String> asked = permissions.remove(question);
        BridgeSpan step = running;
        if (asked != null && step != null) {
            if (option.equals(CANCELLED)) {
                step.permissionCancelled(question);
            } else {
                step.permissionAnswered(question);
            }
        }
        return asked != null && asked.complete(option);
    }

    /** The questions that wait for an answer, sorted. */
    Set<String> pending() {
        return new TreeSet<>(permissions.keySet());
    }

    /** A session has one stream: who comes later evicts who was there. */
    void events(DaemonRequest request, HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        DaemonStream stream = request.stream(exchange.getRequestHeaders().getFirst("Last-Event-ID"));
        int mine = streams.incrementAndGet();
        events.wake();
        try (OutputStream out = exchange.getResponseBody()) {
            int next = 0;
            Events.Event event = events.await(next, () -> streams.get() != mine);
            while (event != null) {
                String number = Integer.toString(++next);
                out.write(event.text(number).getBytes(StandardCharsets.UTF_8));
                out.flush();
                stream.wrote(number);
                event = events.await(next, () -> streams.get() != mine);
            }
            stream.closed(streams.get() == mine ? StreamEnd.COMPLETED : StreamEnd.EVICTED);
        } catch (IOException e) {
            stream.closed(StreamEnd.CLIENT_CLOSED);
        } finally {
            stream.closed(StreamEnd.FAILED);
        }
    }

    /** It is closed here, whatever the process says: no other request will come to it. */
    ObjectNode close() throws Exception {
        try {
            daemon.bridge(BridgeOperation.SESSION_CLOSE).session(id).run(step -> {
                ChildProcess process = home;
                if (process != null) {
                    try {
                        process.ask("session/close", params());
                    } finally {
                        process.channel.sessionClosed(id);
                    }
                }
            });
        } finally {
            stop();
        }
        return JsonRpc.JSON.createObjectNode();
    }

    void stop() {
        pending().forEach(question -> answered(question, CANCELLED));
        events.end();
        queue.shutdown();
    }

    private ObjectNode params() {
        return JsonRpc.JSON.createObjectNode().put("sessionId", id);
    }
}
