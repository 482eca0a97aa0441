package dev.llmpropagation.examples.daemon;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** Asks a daemon. */
public final class DaemonClient {

    private final String url;
    private final HttpClient http = HttpClient.newHttpClient();

    public DaemonClient(String url) {
        this.url = url;
    }

    /** An answer: its status, and its fields as text. */
    public record Answer(int status, ObjectNode body) {
        public String text(String field) {
            return body.path(field).asText();
        }
    }

    /** @return id of a new session */
    public String open(String provider) throws Exception {
        Answer answer = send("POST", "/session", "{\"provider\":\"" + provider + "\",\"workspace\":\"/w\"}", Map.of())
                .get();
        if (answer.status() != 200) {
            throw new IllegalStateException("No session: " + answer);
        }
        return answer.text("sessionId");
    }

    /** Takes up a session, of an earlier daemon say. */
    public Answer load(String session, String provider) throws Exception {
        return send(
                        "POST",
                        "/session/" + session + "/load",
                        "{\"provider\":\"" + provider + "\",\"workspace\":\"/w\"}",
                        Map.of())
                .get();
    }

    /** The sessions of the workspace that {@link #open} names, with the questions that wait for an answer. */
    public Answer list() throws Exception {
        return send("GET", "/workspace/w/sessions", "", Map.of()).get();
    }

    /**
     * Waits until the agent of this session asks its user. Takes the session's stream of events for that time.
     *
     * @return id of the question
     */
    public String permissionAsked(String session) throws Exception {
        HttpResponse<Stream<String>> stream = http.send(eventsOf(session), HttpResponse.BodyHandlers.ofLines());
        try (Stream<String> lines = stream.body()) {
            return lines.dropWhile(line -> !line.equals("event: permission.requested"))
                    .filter(line -> line.startsWith("data: "))
                    .findFirst()
                    .orElseThrow()
                    .substring("data: ".length());
        }
    }

    /** @param option {@code proceed_once}, or another word to forbid it */
    public Answer answer(String session, String question, String option) throws Exception {
        return send(
                        "POST",
                        "/session/" + session + "/permission/" + question,
                        "{\"option\":\"" + option + "\"}",
                        Map.of())
                .get();
    }

    public Answer prompt(String session, String text) throws Exception {
        return promptAsync(session, text, "", Map.of()).get();
    }

    /** @param more of the body's JSON, after a comma, or empty */
    public CompletableFuture<Answer> promptAsync(
            String session, String text, String more, Map<String, String> headers) {
        return send("POST", "/session/" + session + "/prompt", "{\"prompt\":\"" + text + "\"" + more + "}", headers);
    }

    public Answer cancel(String session) throws Exception {
        return send("POST", "/session/" + session + "/cancel", "", Map.of()).get();
    }

    public Answer close(String session) throws Exception {
        return send("DELETE", "/session/" + session, "", Map.of()).get();
    }

    /** The whole stream of a session's events, once it has ended. */
    public CompletableFuture<String> events(String session) {
        return http.sendAsync(eventsOf(session), HttpResponse.BodyHandlers.ofString())
                .thenApply(HttpResponse::body);
    }

    private HttpRequest eventsOf(String session) {
        return HttpRequest.newBuilder(URI.create(url + "/session/" + session + "/events"))
                .build();
    }

    private CompletableFuture<Answer> send(String method, String path, String body, Map<String, String> headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path))
                .timeout(Duration.ofSeconds(90))
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        headers.forEach(request::header);
        return http.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString())
                .thenApply(response -> new Answer(response.statusCode(), parse(response.body())));
    }

    private static ObjectNode parse(String body) {
        try {
            return JsonRpc.JSON.readTree(body) instanceof ObjectNode object ? object : JsonRpc.JSON.createObjectNode();
        } catch (java.io.IOException e) {
            return JsonRpc.JSON.createObjectNode();
        }
    }
}
