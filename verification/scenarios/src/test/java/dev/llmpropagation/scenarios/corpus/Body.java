package dev.llmpropagation.scenarios.corpus;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A body as a service sends it, from the corpus that the core module cuts at every byte. */
record Body(String name) {

    private static final Path FOLDER = Path.of("../../propagation-core/src/test/resources/wire");
    private static final Pattern STATUS = Pattern.compile("-http(\\d{3})");

    /** All of these operations. */
    static Stream<Body> of(String... operations) {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files
                    .map(file -> new Body(file.getFileName().toString()))
                    .filter(body -> Set.of(operations).contains(body.operation()))
                    .sorted((one, other) -> one.name.compareTo(other.name))
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String operation() {
        return name.replaceAll("[-.].*", "");
    }

    boolean isStream() {
        return name.endsWith(".sse");
    }

    boolean isCut() {
        return name.contains("cut");
    }

    int status() {
        Matcher matcher = STATUS.matcher(name);
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : 200;
    }

    byte[] bytes() throws IOException {
        return Files.readAllBytes(FOLDER.resolve(name));
    }

    @Override
    public String toString() {
        return name;
    }
}
