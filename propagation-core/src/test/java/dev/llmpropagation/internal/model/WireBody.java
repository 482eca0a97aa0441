package dev.llmpropagation.internal.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import okhttp3.MediaType;

/** A recorded response body; its name begins with its operation's. */
record WireBody(String name, byte[] bytes) {

    private static final Path FOLDER = Path.of("src/test/resources/wire");

    static WireBody of(String name) {
        try {
            return new WireBody(name, Files.readAllBytes(FOLDER.resolve(name)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<WireBody> all() {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".json") || name.endsWith(".sse"))
                    .sorted()
                    .map(WireBody::of)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    ModelOperation call() {
        String path =
                switch (name.replaceAll("[-.].*", "")) {
                    case "chat" -> "/v1/chat/completions";
                    case "completions" -> "/v1/completions";
                    case "responses" -> "/v1/responses";
                    case "embeddings" -> "/v1/embeddings";
                    case "gemini" -> "/v1beta/models/m:streamGenerateContent";
                    case "geminiembed" -> "/v1beta/models/m:batchEmbedContents";
                    case "predict" -> "/v1/publishers/google/models/text-embedding-005:predict";
                    case "interactions" -> "/v1beta/interactions";
                    default -> throw new AssertionError(name);
                };
        return RecognisedCalls.post("https://host.example" + path);
    }

    boolean isStream() {
        return name.endsWith(".sse");
    }

    ResponseScanner scanner() {
        return call().responseScanner(
                        MediaType.get(isStream() ? "text/event-stream; charset=utf-8" : "application/json"),
                        null,
                        null);
    }

    /** In one piece. */
    ResponseFacts facts() {
        ResponseScanner scanner = scanner();
        Passing.all(bytes, scanner);
        return scanner.finish(false);
    }

    @Override
    public String toString() {
        return name;
    }
}
