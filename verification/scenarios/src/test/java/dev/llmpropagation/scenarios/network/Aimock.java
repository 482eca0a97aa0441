package dev.llmpropagation.scenarios.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A server of model services that others wrote, on Node.js. It answers "hi" with {@link #ANSWER}. */
final class Aimock extends RealServer {

    static final String ANSWER = "Hello from an independent server";

    private static final String PACKAGE = "@copilotkit/aimock";
    private static final Path FOLDER = Path.of("target/aimock");
    private static final Path PROGRAM = FOLDER.resolve("node_modules/" + PACKAGE + "/dist/cli.js");

    private final int port = freePort();

    Aimock() {
        super("aimock", "output.log");
    }

    String url() {
        return "http://127.0.0.1:" + port;
    }

    /** All requests to models so far, as it wrote them down. */
    List<JsonNode> journal() throws IOException, InterruptedException {
        HttpResponse<String> response = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(url() + "/__aimock/journal"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        List<JsonNode> requests = new ArrayList<>();
        new JsonMapper().readTree(response.body()).forEach(requests::add);
        return requests;
    }

    @Override
    Optional<Path> executable() {
        return Files.exists(PROGRAM) ? inPath("node") : Optional.empty();
    }

    @Override
    String missing() {
        return "aimock or Node.js is not installed; in the module's folder: npm install --prefix " + FOLDER
                + " --no-save " + PACKAGE + "@1.43.0";
    }

    @Override
    List<String> arguments() throws IOException {
        Path fixtures = write("fixtures.json", """
                {"fixtures":[{"match":{"userMessage":"hi"},"response":{"content":"%s"}}]}
                """.formatted(ANSWER));
        return List.of(
                PROGRAM.toAbsolutePath().toString(),
                "-p",
                Integer.toString(port),
                "-f",
                fixtures.toString(),
                "--latency",
                "5",
                "--chunk-size",
                "8",
                "--strict");
    }

    @Override
    List<Integer> ports() {
        return List.of(port);
    }
}
