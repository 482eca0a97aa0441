package dev.llmpropagation.scenarios.network;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A service that repeats the key it refuses, the key in a file, and what the doctor says. */
abstract class DoctorCheckSetUp {

    static final String KEY = "MARKER-api-key-0123456789";
    static final Certificates CERTIFICATES = new Certificates();

    @RegisterExtension
    final DoctorOutput doctor = new DoctorOutput();

    @TempDir
    Path folder;

    CheckedApi api;
    ScriptedService service;
    String keyFile;

    @BeforeEach
    void writeKey() throws IOException {
        keyFile = Files.writeString(folder.resolve("key"), KEY + "\n").toString();
    }

    @AfterEach
    void close() {
        if (service != null) {
            service.close();
        }
    }

    final void start(CheckedApi checked) {
        api = checked;
        service = ScriptedService.http(api.shape);
        service.errorMessage = "wrong key: " + KEY;
    }

    /** A check of the service, all of it. */
    final List<String> live(String... more) {
        return all(args("--model", api.model, "--live"), more);
    }

    /** A check of the service. */
    final List<String> args(String... more) {
        return to("http://localhost:" + service.port(), more);
    }

    final List<String> to(String origin, String... more) {
        List<String> target = List.of("--base-url", origin + api.path, "--key-file", keyFile);
        return all(all(api.arguments, target.toArray(String[]::new)), more);
    }

    private static List<String> all(List<String> first, String... more) {
        return Stream.concat(first.stream(), Stream.of(more)).toList();
    }
}
