package dev.llmpropagation.examples.daemon;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** JSON-RPC 2.0 over a pair of streams, one message a line, as the Agent Client Protocol has it. Thread-safe. */
final class JsonRpc {

    static final ObjectMapper JSON = new ObjectMapper();

    private final InputStream in;
    private final OutputStream out;
    private final AtomicLong ids = new AtomicLong();
    private final Map<Long, CompletableFuture<JsonNode>> pending = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /** Told of each message, in bytes. */
    volatile IntConsumer onRead = bytes -> {};

    volatile IntConsumer onWritten = bytes -> {};

    JsonRpc(InputStream in, OutputStream out) {
        this.in = in;
        this.out = out;
    }

    /** Answers what the other side asks. */
    @FunctionalInterface
    interface Handler {
        /** @return completes with the result; for a notification, whatever */
        CompletableFuture<ObjectNode> handle(String method, ObjectNode params);
    }

    /** The other side answered with an error. */
    static final class RemoteError extends RuntimeException {
        private static final long serialVersionUID = 1;

        RemoteError(String message) {
            super(message);
        }
    }

    /** The other side is gone. Named so that the daemon's metrics know it. */
    static final class BridgeChannelClosedException extends IOException {
        private static final long serialVersionUID = 1;

        BridgeChannelClosedException() {
            super("The pipe is closed");
        }
    }

    CompletableFuture<JsonNode> request(String method, ObjectNode params) {
        long id = ids.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        pending.put(id, answer);
        try {
            write(message().put("id", id).put("method", method).set("params", params));
            if (closed) {
                throw new BridgeChannelClosedException();
            }
        } catch (IOException e) {
            pending.remove(id);
            answer.completeExceptionally(
                    e instanceof BridgeChannelClosedException ? e : new BridgeChannelClosedException());
        }
        return answer;
    }

    void tell(String method, ObjectNode params) throws IOException {
        write(message().put("method", method).set("params", params));
    }

    /**
     * Reads until the other side is gone.
     *
     * @param onGone runs before those who wait are told
     */
    void listen(Handler handler, Runnable onGone) {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                onRead.accept(line.getBytes(StandardCharsets.UTF_8).length + 1);
                if (parsed(line) instanceof ObjectNode message) {
                    dispatch(message, handler);
                }
            }
        } catch (IOException e) {
            // Gone as well.
        } finally {
            closed = true;
            onGone.run();
            pending.values().forEach(answer -> answer.completeExceptionally(new BridgeChannelClosedException()));
        }
    }

    /** Null for a line that is no message: something has printed into the pipe, which goes on. */
    private static @Nullable JsonNode parsed(String line) {
        try {
            return JSON.readTree(line);
        } catch (JsonProcessingException e) {
            return null;
        }
    }

    private void dispatch(ObjectNode message, Handler handler) {
        if (!message.has("method")) {
            CompletableFuture<JsonNode> answer =
                    pending.remove(message.path("id").asLong());
            if (answer != null && message.has("error")) {
                answer.completeExceptionally(
                        new RemoteError(message.path("error").path("message").asText()));
            } else if (answer != null) {
                answer.complete(message.path("result"));
            }
            return;
        }
        ObjectNode params = message.path("params") instanceof ObjectNode object ? object : JSON.createObjectNode();
        CompletableFuture<ObjectNode> result =
                handler.handle(message.path("method").asText(), params);
        if (message.has("id")) {
            CompletableFuture<ObjectNode> unused =
                    result.whenComplete((value, failure) -> answer(message.get("id"), value, failure));
        }
    }

    private void answer(JsonNode id, @Nullable ObjectNode value, @Nullable Throwable failure) {
        ObjectNode answer = message();
        answer.set("id", id);
        if (failure == null) {
            answer.set("result", value);
        } else {
            answer.set(
                    "error",
                    JSON.createObjectNode().put("code", -32603).put("message", String.valueOf(failure.getMessage())));
        }
        try {
            write(answer);
        } catch (IOException e) {
            // Nobody is there to be told.
        }
    }

    private static ObjectNode message() {
        return JSON.createObjectNode().put("jsonrpc", "2.0");
    }

    private void write(JsonNode message) throws IOException {
        byte[] bytes = (JSON.writeValueAsString(message) + '\n').getBytes(StandardCharsets.UTF_8);
        onWritten.accept(bytes.length);
        synchronized (out) {
            out.write(bytes);
            out.flush();
        }
    }
}
