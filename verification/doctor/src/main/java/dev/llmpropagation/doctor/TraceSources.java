package dev.llmpropagation.doctor;

import dev.llmpropagation.doctor.trace.TraceLoader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** The files of a command line, as ones that can be read twice: what comes on standard input or in a pipe is copied first. */
final class TraceSources implements AutoCloseable {

    private static final String STANDARD_INPUT = "-";

    private final List<FileSource> all;
    private final List<Path> copies;

    private record FileSource(String name, Path file) implements TraceLoader.Source {
        @Override
        public InputStream open() throws IOException {
            return Files.newInputStream(file);
        }
    }

    private TraceSources(List<FileSource> all, List<Path> copies) {
        this.all = all;
        this.copies = copies;
    }

    static TraceSources of(List<String> files) throws IOException {
        TraceSources sources = new TraceSources(new ArrayList<>(), new ArrayList<>());
        for (String file : files) {
            Path path = Path.of(file);
            boolean input = file.equals(STANDARD_INPUT);
            if (!input && Files.isDirectory(path)) {
                throw new IOException(file + " is a folder.");
            }
            boolean pipe = !input && Files.exists(path) && !Files.isRegularFile(path);
            if (input) {
                path = sources.copy(System.in);
            } else if (pipe) {
                try (InputStream in = Files.newInputStream(path)) {
                    path = sources.copy(in);
                }
            }
            sources.all.add(new FileSource(name(file), path));
        }
        return sources;
    }

    private Path copy(InputStream in) throws IOException {
        Path copy = Files.createTempFile("doctor-trace", ".jsonl");
        copies.add(copy);
        Files.copy(in, copy, StandardCopyOption.REPLACE_EXISTING);
        return copy;
    }

    List<? extends TraceLoader.Source> all() {
        return all;
    }

    static String name(String file) {
        Path name = Path.of(file).getFileName();
        return file.equals(STANDARD_INPUT) || name == null ? "standard input" : name.toString();
    }

    @Override
    public void close() throws IOException {
        for (Path copy : copies) {
            Files.deleteIfExists(copy);
        }
    }
}
