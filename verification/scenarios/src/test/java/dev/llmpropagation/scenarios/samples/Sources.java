package dev.llmpropagation.scenarios.samples;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The Java files of all modules by the simple name of their class: pages name classes so, and two files can share one. */
final class Sources {

    static final Path ROOT = Path.of("../..");

    private final Map<String, List<String>> main = new HashMap<>();
    private final Map<String, List<String>> tests = new HashMap<>();

    private Sources() {}

    static Sources read() throws IOException {
        Sources sources = new Sources();
        Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                return folder.endsWith("target") ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                String name = file.getFileName().toString();
                if (name.endsWith(".java")) {
                    (file.toString().contains("/src/main/") ? sources.main : sources.tests)
                            .computeIfAbsent(name.replace(".java", ""), key -> new ArrayList<>())
                            .add(Files.readString(file));
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return sources;
    }

    boolean hasMain(String name) {
        return main.containsKey(name);
    }

    boolean hasTest(String name) {
        return tests.containsKey(name);
    }

    boolean hasTest(String name, String method) {
        return tests.getOrDefault(name, List.of()).stream().anyMatch(text -> text.contains("void " + method + "("));
    }

    /** The text of each file of the tests, by the name of its class. */
    Map<String, List<String>> tests() {
        return tests;
    }
}
