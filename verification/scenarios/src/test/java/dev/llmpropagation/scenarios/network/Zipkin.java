package dev.llmpropagation.scenarios.network;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Zipkin's own server, with its store in memory. Maven brings it where {@code -Dllm.require.networks=true} is given. */
final class Zipkin extends RealServer {

    private static final Path FOLDER = Path.of("target/zipkin");

    private final int port = freePort();

    Zipkin() {
        super("zipkin", "output.log");
    }

    String url() {
        return "http://127.0.0.1:" + port;
    }

    @Override
    Optional<Path> executable() {
        return jar().map(jar -> Path.of(System.getProperty("java.home"), "bin", "java"));
    }

    @Override
    String missing() {
        return "zipkin is not in " + FOLDER + "; run Maven with -Dllm.require.networks=true (131 MB)";
    }

    @Override
    List<String> arguments() {
        return List.of(
                "-Xmx512m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Darmeria.ports[0].port=" + port,
                "-Darmeria.ports[0].address=127.0.0.1",
                "-Darmeria.ports[0].protocols[0]=http",
                "-jar",
                jar().orElseThrow().toAbsolutePath().toString());
    }

    @Override
    List<Integer> ports() {
        return List.of(port);
    }

    private static Optional<Path> jar() {
        if (!Files.isDirectory(FOLDER)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".jar")).findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
