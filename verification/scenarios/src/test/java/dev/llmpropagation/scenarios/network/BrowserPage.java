package dev.llmpropagation.scenarios.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A page of a browser, driven by the DevTools protocol. */
public final class BrowserPage implements AutoCloseable {

    private static final JsonMapper JSON = new JsonMapper();
    private static final int PATIENCE_SECONDS = 60;

    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final WebSocket socket;
    private volatile CompletableFuture<Void> loaded = new CompletableFuture<>();
    private int sent;

    BrowserPage(URI debugger) throws Exception {
        socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(debugger, new Listener())
                .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
            send(domain + ".enable", Map.of());
        }
    }

    /** Waits until it is loaded. */
    public void show(Path file) throws Exception {
        loaded = new CompletableFuture<>();
        send("Page.navigate", Map.of("url", file.toUri().toString()));
        loaded.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** What the page asked for, itself included. */
    public List<String> requests() {
        return List.copyOf(requests);
    }

    /** Errors and warnings of scripts, styles and policies, and all that was written to the console. */
    public List<String> complaints() {
        return List.copyOf(complaints);
    }

    /** The value of an expression, or of the promise that it gives. */
    public JsonNode ask(String expression) throws Exception {
        JsonNode answer =
                send("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
        if (answer.has("exceptionDetails")) {
            throw new IllegalStateException(
                    expression + ": " + answer.path("exceptionDetails").toString());
        }
        return answer.path("result").path("value");
    }

    /** @param key as the DOM names it: {@code ArrowDown}, {@code Enter}, {@code z} … */
    public void press(String key) throws Exception {
        ObjectNode event = JSON.createObjectNode().put("type", "keyDown").put("key", key);
        if (key.length() == 1) {
            event.put("text", key);
        }
        send("Input.dispatchKeyEvent", event);
        send("Input.dispatchKeyEvent", event.put("type", "keyUp").without("text"));
    }

    public void type(String text) throws Exception {
        send("Input.insertText", Map.of("text", text));
    }

    public void click(double x, double y) throws Exception {
        ObjectNode event = JSON.createObjectNode()
                .put("type", "mousePressed")
                .put("x", x)
                .put("y", y)
                .put("button", "left")
                .put("clickCount", 1);
        send("Input.dispatchMouseEvent", event);
        send("Input.dispatchMouseEvent", event.put("type", "mouseReleased"));
    }

    public void size(int width, int height, boolean phone) throws Exception {
        send(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", phone ? 2 : 1, "mobile", phone));
    }

    /** @param scheme {@code light} or {@code dark} */
    public void colors(String scheme) throws Exception {
        send(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    /** @param media {@code print} or {@code screen} */
    public void media(String media) throws Exception {
        send("Emulation.setEmulatedMedia", Map.of("media", media));
    }

    public void screenshot(Path png) throws Exception {
        save(send("Page.captureScreenshot", Map.of("format", "png")), png);
    }

    public void print(Path pdf) throws Exception {
        save(send("Page.printToPDF", Map.of("preferCSSPageSize", true, "printBackground", false)), pdf);
    }

    private static void save(JsonNode answer, Path file) throws IOException {
        Files.write(file, Base64.getDecoder().decode(answer.path("data").textValue()));
    }

    private JsonNode send(String method, Object parameters) throws Exception {
        int id = ++sent;
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        String message = JSON.writeValueAsString(Map.of("id", id, "method", method, "params", parameters));
        socket.sendText(message, true).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        JsonNode got = answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (got.has("error")) {
            throw new IllegalStateException(method + ": " + got.path("error"));
        }
        return got.path("result");
    }

    private void got(JsonNode message) {
        if (message.has("id")) {
            answers.remove(message.path("id").intValue()).complete(message);
            return;
        }
        JsonNode parameters = message.path("params");
        switch (message.path("method").asText()) {
            case "Page.loadEventFired" -> loaded.complete(null);
            case "Network.requestWillBeSent" ->
                requests.add(parameters.path("request").path("url").asText());
            case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded" ->
                complaints.add(parameters.toString());
            default -> {}
        }
    }

    @Override
    public void close() {
        socket.abort();
    }

    private final class Listener implements WebSocket.Listener {

        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket webSocket, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                String whole = text.toString();
                text.setLength(0);
                try {
                    got(JSON.readTree(whole));
                } catch (IOException e) {
                    complaints.add(e.toString());
                }
            }
            webSocket.request(1);
            return null;
        }

        @Override
        public void onError(WebSocket webSocket, Throwable error) {
            answers.values().forEach(answer -> answer.completeExceptionally(error));
            loaded.completeExceptionally(error);
        }
    }
}
