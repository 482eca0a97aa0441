package dev.llmpropagation.doctor.listen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.doctor.DoctorProcess;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code doctor listen} in a JVM of its own, at a port that is free, and what it reports. */
final class ListenProcess implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final Pattern LISTENING = Pattern.compile("listening on http://localhost:(\\d+)");

    /** Where it saves the spans. */
    final Path spans;

    private final Path report;
    private final List<String> options;
    private Process process;
    private int port;

    /** @param options of the JVM */
    ListenProcess(Path folder, String... options) throws IOException {
        this.spans = folder.resolve("spans.jsonl");
        this.report = folder.resolve("report");
        this.options = List.of(options);
        process = builder(0).redirectOutput(report.toFile()).start();
        awaitReport("Ctrl-C ends it");
        Matcher listening = LISTENING.matcher(report());
        assertThat(listening.find()).as(report()).isTrue();
        port = Integer.parseInt(listening.group(1));
    }

    /** Once more, at the same port. Nobody reads what it reports. */
    void startUnread() throws IOException {
        end();
        process = builder(port).redirectOutput(Redirect.PIPE).start();
    }

    private ProcessBuilder builder(int at) {
        return DoctorProcess.of(options, "listen", "--port", Integer.toString(at), "--save", spans.toString());
    }

    int port() {
        return port;
    }

    String url(String path) {
        return "http://127.0.0.1:" + port + path;
    }

    String report() throws IOException {
        return Files.readString(report);
    }

    void awaitReport(String text) {
        await().atMost(PATIENCE).until(() -> report().contains(text));
    }

    long pid() {
        return process.pid();
    }

    /** By the signal that ends a container. */
    void end() {
        process.toHandle().destroy(); // the other way to say it would close the pipe
        awaitExit();
    }

    /** @return its exit code */
    int awaitExit() {
        try {
            assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
