package dev.llmpropagation.examples.daemon;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.llmpropagation.daemon.BridgeOperation;
import dev.llmpropagation.daemon.DaemonError;
import dev.llmpropagation.daemon.DaemonRequest;
import dev.llmpropagation.daemon.DaemonStream;
import dev.llmpropagation.daemon.DaemonTelemetry;
import dev.llmpropagation.daemon.HttpServerFilter;
import dev.llmpropagation.daemon.QueuedPrompt;
import dev.llmpropagation.daemon.StreamEnd;
import io.opentelemetry.context.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A small daemon: sessions over HTTP, their events as a stream, and their agents in one process of their own. */
public final class AgentDaemon implements AutoCloseable {

    private final DaemonTelemetry daemon;
    private final List<String> childArguments;
    private final HttpServer server;
    private final ExecutorService handlers = Executors.newCachedThreadPool();
    private final Map<String, Session> sessions = new ConcurrentHashMap<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private @Nullable ChildProcess child;

    private AgentDaemon(DaemonTelemetry daemon, List<String> childArguments) throws IOException {
        this.daemon = daemon;
        this.childArguments = childArguments;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(handlers);
        server.createContext("/", this::handle).getFilters().add(new HttpServerFilter(daemon));
        server.start();
    }

    /**
     * Listens on a free port of the loopback interface.
     *
     * @param exports of the child
     */
    public static AgentDaemon start(DaemonTelemetry daemon, Exports exports, String openAiUrl, String geminiUrl)
            throws IOException {
        String zipkin = exports.zipkin() == null ? "" : exports.zipkin();
        return new AgentDaemon(daemon, List.of(exports.collector(), zipkin, openAiUrl, geminiUrl));
    }

    public String url() {
        return "http://localhost:" + server.getAddress().getPort();
    }

    /** Prompts that wait behind another one of their session. */
    public int queuedPrompts() {
        return waiting.get();
    }

    /** Kills the process of the agents, as the operating system might. */
    public synchronized void killChild() {
        if (child != null) {
            child.kill();
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        String[] path = exchange.getRequestURI().getPath().split("/", -1);
        String route = exchange.getRequestMethod() + ' ' + (path.length > 3 ? path[3] : "");
        try {
            if (path.length < 2 || !path[1].equals("session")) {
                throw new Refused(404, DaemonError.UNKNOWN, "no such path");
            }
            if (path.length == 2) {
                answer(exchange, 200, open(body(exchange)));
                return;
            }
            Session session = session(path[2]);
            switch (route) {
                case "POST prompt" -> answer(exchange, 200, session.prompt(body(exchange)));
                case "POST cancel" -> answer(exchange, 200, session.cancel());
                case "GET events" -> session.events(exchange);
                case "DELETE " -> answer(exchange, 200, session.close());
                default -> throw new Refused(404, DaemonError.UNKNOWN, "no such path");
            }
        } catch (Refused e) {
            request().error(e.error, e.text);
            answer(exchange, e.status, JsonRpc.JSON.createObjectNode().put("error", e.text));
        } catch (Exception e) {
            request().error(e);
            answer(exchange, 500, JsonRpc.JSON.createObjectNode().put("error", "internal error"));
        }
    }

    /** Outside of the catalogue there is a handle as well, which does nothing. */
    private static DaemonRequest request() {
        DaemonRequest current = DaemonRequest.current();
        if (current == null) {
            throw new IllegalStateException("The filter is missing");
        }
        return current;
    }

    private Session session(String id) throws Refused {
        Session session = sessions.get(id);
        if (session == null) {
            throw new Refused(404, DaemonError.SESSION_NOT_FOUND, "no such session");
        }
        request().session(id);
        return session;
    }

    private ObjectNode open(ObjectNode body) throws Exception {
        Session session =
                new Session(UUID.randomUUID().toString(), body.path("provider").asText("openai"));
        request().session(session.id);
        request().workspace(body.path("workspace").asText("."));
        session.attach();
        sessions.put(session.id, session);
        return JsonRpc.JSON.createObjectNode().put("sessionId", session.id);
    }

    private synchronized ChildProcess child() throws Exception {
        return daemon.bridge(BridgeOperation.CHANNEL_LOOKUP).call(step -> {
            ChildProcess known = child;
            if (known != null && known.isAlive()) {
                known.channel.reused();
                return known;
            }
            ChildProcess spawned = ChildProcess.spawn(daemon, childArguments);
            child = spawned;
            return spawned;
        });
    }

    private static ObjectNode body(HttpExchange exchange) throws IOException {
        byte[] bytes = exchange.getRequestBody().readAllBytes();
        return bytes.length > 0 && JsonRpc.JSON.readTree(bytes) instanceof ObjectNode object
                ? object
                : JsonRpc.JSON.createObjectNode();
    }

    private static void answer(HttpExchange exchange, int status, ObjectNode body) throws IOException {
        byte[] bytes = JsonRpc.JSON.writeValueAsBytes(body);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
        }
    }

    @Override
    public void close() throws Exception {
        sessions.values().forEach(Session::stop);
        server.stop(0);
        handlers.shutdown();
        if (!handlers.awaitTermination(10, TimeUnit.SECONDS)) {
            handlers.shutdownNow();
        }
        synchronized (this) {
            if (child != null) {
                child.close();
            }
        }
        daemon.close();
    }

    /** A request that the daemon does not grant. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1;
        private final int status;
        private final DaemonError error;
        private final String text;

        Refused(int status, DaemonError error, String text) {
            super(text, null, false, false);
            this.status = status;
            this.error = error;
            this.text = text;
        }
    }

    private final class Session {
        private final String id;
        private final String provider;
        private final ExecutorService queue = Executors.newSingleThreadExecutor();
        private final Events events = new Events();
        private @Nullable ChildProcess home;
        private final AtomicInteger cancels = new AtomicInteger();

        Session(String id, String provider) {
            this.id = id;
            this.provider = provider;
        }

        /** The session lives in the process that runs now, and is taken there if it was lost with another one. */
        synchronized ChildProcess attach() throws Exception {
            ChildProcess now = child();
            if (now != home) {
                BridgeOperation operation = home == null ? BridgeOperation.SESSION_NEW : BridgeOperation.SESSION_LOAD;
                daemon.bridge(operation)
                        .session(id)
                        .call(step -> now.ask("session/new", params().put("provider", provider)));
                now.channel.sessionOpened(id);
                home = now;
            }
            return now;
        }

        ObjectNode prompt(ObjectNode body) throws Exception {
            String promptId = UUID.randomUUID().toString();
            request().prompt(promptId);
            QueuedPrompt queued = daemon.queued();
            int cancelsBefore = cancels.get();
            CompletableFuture<ObjectNode> answer = new CompletableFuture<>();
            waiting.incrementAndGet();
            queue.execute(() -> {
                waiting.decrementAndGet();
                try {
                    answer.complete(queued.dispatch()
                            .cancelledWhen(() -> cancels.get() != cancelsBefore)
                            .call(step -> dispatch(promptId, body, cancelsBefore)));
                } catch (Throwable e) {
                    answer.completeExceptionally(e);
                }
            });
            try {
                return answer.get(90, TimeUnit.SECONDS).put("promptId", promptId);
            } catch (ExecutionException e) {
                throw e.getCause() instanceof Exception cause ? cause : e;
            }
        }

        private ObjectNode dispatch(String promptId, ObjectNode body, int cancelsBefore) throws Exception {
            if (cancels.get() != cancelsBefore) { // in the queue
                return JsonRpc.JSON.createObjectNode().put("stopReason", "cancelled");
            }
            ObjectNode params = body.deepCopy();
            params.put("sessionId", id).put("promptId", promptId); // whatever the client says
            events.add("prompt.started");
            try {
                ChildProcess process = attach();
                return process.ask("session/prompt", Meta.with(Context.current(), params));
            } catch (ExecutionException e) {
                throw e.getCause() instanceof Exception cause ? cause : e;
            } finally {
                events.add("prompt.finished");
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
            return JsonRpc.JSON.createObjectNode();
        }

        void events(HttpExchange exchange) throws IOException {
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            DaemonStream stream = request().stream(exchange.getRequestHeaders().getFirst("Last-Event-ID"));
            try (OutputStream out = exchange.getResponseBody()) {
                int next = 0;
                for (String event = events.await(next); event != null; event = events.await(next)) {
                    String id = Integer.toString(++next);
                    out.write(("id: " + id + "\nevent: " + event + "\ndata: {}\n\n").getBytes(StandardCharsets.UTF_8));
                    out.flush();
                    stream.wrote(id);
                }
                stream.closed(StreamEnd.COMPLETED);
            } catch (IOException e) {
                stream.closed(StreamEnd.CLIENT_CLOSED);
            } finally {
                stream.closed(StreamEnd.FAILED);
            }
        }

        ObjectNode close() throws Exception {
            sessions.remove(id);
            daemon.bridge(BridgeOperation.SESSION_CLOSE).session(id).run(step -> {
                ChildProcess process = home;
                if (process != null) {
                    process.ask("session/close", params());
                    process.channel.sessionClosed(id);
                }
            });
            stop();
            return JsonRpc.JSON.createObjectNode();
        }

        private void stop() {
            events.end();
            queue.shutdown();
        }

        private ObjectNode params() {
            return JsonRpc.JSON.createObjectNode().put("sessionId", id);
        }
    }
}
