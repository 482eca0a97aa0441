package dev.llmpropagation.examples.daemon;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.llmpropagation.daemon.BridgeOperation;
import dev.llmpropagation.daemon.DaemonError;
import dev.llmpropagation.daemon.DaemonRequest;
import dev.llmpropagation.daemon.DaemonTelemetry;
import dev.llmpropagation.daemon.HttpServerFilter;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A small daemon: sessions over HTTP, to be made, loaded, listed, asked, cancelled and closed, their events as a stream, the
 * questions of their agents to their users, and the agents in one process of their own.
 */
public final class AgentDaemon implements AutoCloseable {

    private final DaemonTelemetry daemon;
    private final List<String> childArguments;
    private final HttpServer server;
    private final ExecutorService handlers = Executors.newCachedThreadPool();
    private final Map<String, HostedSession> sessions = new ConcurrentHashMap<>();
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

    /** Ends the process of the agents, for new settings say. The next prompt starts another one and takes its session there. */
    public synchronized void restartChild() throws Exception {
        if (child != null) {
            child.close();
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        String[] path = exchange.getRequestURI().getPath().split("/", -1);
        String route = exchange.getRequestMethod() + ' ' + (path.length > 3 ? path[3] : "");
        try {
            if (path.length == 4 && path[1].equals("workspace") && route.equals("GET sessions")) {
                answer(exchange, 200, list(path[2]));
                return;
            }
            if (path.length < 2 || !path[1].equals("session")) {
                throw new Refused(404, DaemonError.UNKNOWN, "no such path");
            }
            if (path.length == 2) {
                answer(exchange, 200, open(body(exchange)));
                return;
            }
            if (route.equals("POST load")) {
                answer(exchange, 200, load(path[2], body(exchange)));
                return;
            }
            HostedSession session = session(path[2]);
            switch (route) {
                case "POST prompt" -> answer(exchange, 200, session.prompt(request(), body(exchange)));
                case "POST cancel" -> answer(exchange, 200, session.cancel());
                case "POST permission" ->
                    answer(exchange, 200, permission(session, path.length > 4 ? path[4] : "", body(exchange)));
                case "GET events" -> session.events(request(), exchange);
                case "DELETE " -> {
                    sessions.remove(session.id);
                    answer(exchange, 200, session.close());
                }
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

    private HostedSession session(String id) throws Refused {
        HostedSession session = sessions.get(id);
        if (session == null) {
            throw new Refused(404, DaemonError.SESSION_NOT_FOUND, "no such session");
        }
        request().session(id);
        return session;
    }

    private ObjectNode open(ObjectNode body) throws Exception {
        HostedSession session = hosted(UUID.randomUUID().toString(), body);
        session.attach();
        sessions.put(session.id, session);
        return JsonRpc.JSON.createObjectNode().put("sessionId", session.id);
    }

    /** A session that is there stays as it is; one of an earlier daemon is taken up. */
    private ObjectNode load(String id, ObjectNode body) throws Exception {
        HostedSession session = sessions.get(id);
        if (session == null) {
            session = hosted(id, body);
            session.load();
            sessions.put(id, session);
        } else {
            request().session(id);
            session.attach();
        }
        return JsonRpc.JSON.createObjectNode().put("sessionId", id);
    }

    private HostedSession hosted(String id, ObjectNode body) {
        String workspace = body.path("workspace").asText(".");
        request().session(id);
        request().workspace(workspace);
        return new HostedSession(id, body.path("provider").asText("openai"), workspace, daemon, this::child, waiting);
    }

    /** @param workspace its path, without the first slash */
    private ObjectNode list(String workspace) {
        request().workspace('/' + workspace);
        ObjectNode answer = JsonRpc.JSON.createObjectNode();
        ArrayNode listed = answer.putArray("sessions");
        sessions.values().stream()
                .filter(session -> session.workspace.equals('/' + workspace))
                .sorted(Comparator.comparing(session -> session.id))
                .forEach(session -> {
                    ObjectNode one = listed.addObject().put("sessionId", session.id);
                    session.pending().forEach(one.putArray("permissions")::add);
                });
        return answer;
    }

    private static ObjectNode permission(HostedSession session, String question, ObjectNode body) throws Refused {
        if (!session.permission(request(), question, body)) {
            throw new Refused(404, DaemonError.PERMISSION_FORBIDDEN, "nobody waits for this answer");
        }
        return JsonRpc.JSON.createObjectNode();
    }

    /** What a process of agents asks of its daemon. */
    private CompletableFuture<ObjectNode> asked(String method, ObjectNode params) {
        HostedSession session = sessions.get(params.path("sessionId").asText());
        return method.equals("session/request_permission") && session != null
                ? session.ask(params)
                : CompletableFuture.failedFuture(new UnsupportedOperationException(method));
    }

    private synchronized ChildProcess child() throws Exception {
        return daemon.bridge(BridgeOperation.CHANNEL_LOOKUP).call(step -> {
            ChildProcess known = child;
            if (known != null && known.isAlive()) {
                known.channel.reused();
                return known;
            }
            ChildProcess spawned = ChildProcess.spawn(daemon, childArguments, this::asked);
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
        sessions.values().forEach(HostedSession::stop);
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
}
