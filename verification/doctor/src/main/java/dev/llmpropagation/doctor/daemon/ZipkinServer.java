package dev.llmpropagation.doctor.daemon;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A Zipkin server, asked by its API. */
final class ZipkinServer {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final String url;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(PATIENCE).build();

    ZipkinServer(String url) {
        this.url = url;
    }

    /** Why it cannot be asked, or null. */
    @Nullable
    String failure() throws InterruptedException {
        try {
            int status = get("/api/v2/services").statusCode();
            return status == 200 ? null : "it answers " + status;
        } catch (IOException e) {
            return e.getClass().getSimpleName();
        }
    }

    /** Where a user looks at a trace. */
    String page(String traceId) {
        return url + "/zipkin/traces/" + traceId;
    }

    /**
     * What the server has of a trace. It stores with a delay, so this waits until all that are expected are there, or a
     * while has passed.
     *
     * @param edges a span and its parent, as {@code <id> of <parent>}
     */
    Set<String> edges(String traceId, Set<String> edges) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        Set<String> stored = edges(traceId);
        while (!stored.containsAll(edges) && System.nanoTime() < deadline) {
            Thread.sleep(100);
            stored = edges(traceId);
        }
        return stored;
    }

    private Set<String> edges(String traceId) throws IOException, InterruptedException {
        HttpResponse<String> response = get("/api/v2/trace/" + traceId);
        Set<String> edges = new HashSet<>();
        if (response.statusCode() == 200) {
            for (JsonNode span : JSON.readTree(response.body())) {
                edges.add(edge(span.path("id").asText(), span.path("parentId").asText()));
            }
        }
        return edges;
    }

    static String edge(String spanId, String parentSpanId) {
        return spanId + " of " + parentSpanId;
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create(url + path)).timeout(PATIENCE).build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
