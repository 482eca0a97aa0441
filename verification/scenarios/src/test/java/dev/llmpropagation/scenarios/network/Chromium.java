package dev.llmpropagation.scenarios.network;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;

/** A browser without a window and without a way to any other host. */
public final class Chromium extends RealServer {

    private final int port = freePort();

    public Chromium() {
        super("chromium", "output.log");
    }

    /** Opens an empty page. */
    public BrowserPage open() throws Exception {
        JsonNode target = await().ignoreException(IOException.class)
                .atMost(Duration.ofSeconds(30))
                .until(this::newTarget, JsonNode::isObject);
        return new BrowserPage(URI.create(target.path("webSocketDebuggerUrl").textValue()));
    }

    private JsonNode newTarget() throws IOException, InterruptedException {
        URI create = URI.create("http://127.0.0.1:" + port + "/json/new?about:blank");
        HttpRequest request = HttpRequest.newBuilder(create)
                .PUT(HttpRequest.BodyPublishers.noBody())
                .build();
        return new JsonMapper()
                .readTree(HttpClient.newHttpClient()
                        .send(request, HttpResponse.BodyHandlers.ofString())
                        .body());
    }

    @Override
    List<Integer> ports() {
        return List.of(port);
    }

    @Override
    List<String> arguments() {
        return List.of(
                "--headless=new",
                "--remote-debugging-port=" + port,
                "--user-data-dir=" + file("profile"),
                // It shows our own page only, and root may not use the sandbox.
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--no-first-run",
                "--hide-scrollbars",
                "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1");
    }
}
