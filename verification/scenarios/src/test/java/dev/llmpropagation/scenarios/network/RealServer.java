package dev.llmpropagation.scenarios.network;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A server that others wrote, as a child process on the loopback interface while the tests of a class run. All that it
 * writes is in a folder of its own, which goes with it.
 *
 * <p>Where its program is not installed, the class is skipped; with {@code -Dllm.require.networks=true} it fails.
 */
abstract class RealServer implements ExecutionCondition, BeforeAllCallback, BeforeEachCallback, AfterAllCallback {

    private static final String REQUIRED = "llm.require.networks";
    private static final int PATIENCE_SECONDS = 180;

    /** Ends the program as soon as standard input ends, and that ends with this JVM, however it does. */
    private static final String GUARD = "exec 3<&0; \"$@\" </dev/null 3<&- & program=$!;"
            + " { cat <&3 >/dev/null; kill $program; } 2>/dev/null & exec 3<&-; wait $program";

    private final String program;
    private final String log;
    private int logged;
    private Path folder;
    private Process process;

    /** @param log the file in its folder into which it writes what it does */
    RealServer(String program, String log) {
        this.program = program;
        this.log = log;
    }

    /** Writes its configuration and returns its command line, the program left out. */
    abstract List<String> arguments() throws IOException;

    /** Each of them accepts connections once the server is up. */
    abstract List<Integer> ports();

    /** What it has written down since the test began. */
    final List<String> accessLog() {
        List<String> lines = lines(log);
        return lines.subList(logged, lines.size());
    }

    @Override
    public final ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        if (executable().isPresent() || Boolean.getBoolean(REQUIRED)) {
            return ConditionEvaluationResult.enabled(program);
        }
        // Maven shows that tests were skipped, and not why.
        System.out.println("Skipped: " + missing());
        return ConditionEvaluationResult.disabled(missing());
    }

    @Override
    public final void beforeAll(ExtensionContext context) throws IOException {
        Path executable = executable().orElseThrow(() -> new IllegalStateException(missing()));
        folder = Files.createTempDirectory(program);
        // squid started by root gives its rights up, and has to write here nevertheless.
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
        List<String> command = new ArrayList<>(List.of("sh", "-c", GUARD, program, executable.toString()));
        command.addAll(arguments());
        process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(file("output.log").toFile())
                .start();
        try {
            await().atMost(Duration.ofSeconds(PATIENCE_SECONDS)).until(() -> !process.isAlive() || isUp());
            if (!process.isAlive()) {
                throw new IllegalStateException("It ended by itself, with " + process.exitValue());
            }
        } catch (RuntimeException e) {
            String output = String.join("\n", lines("output.log"));
            afterAll(context);
            throw new IllegalStateException(program + " did not start:\n" + output, e);
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        logged = lines(log).size();
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        try {
            stop();
        } finally {
            if (folder != null) {
                // What was killed a moment ago may still write there.
                await().pollInSameThread()
                        .ignoreExceptionsInstanceOf(IOException.class)
                        .ignoreExceptionsInstanceOf(UncheckedIOException.class)
                        .until(() -> delete(folder));
            }
        }
    }

    /** Ends the program, as its crash would. */
    final void stop() throws IOException {
        if (process == null) {
            return;
        }
        List<ProcessHandle> family = process.descendants().toList();
        process.getOutputStream().close();
        try {
            process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
        family.forEach(ProcessHandle::destroyForcibly);
    }

    final Path file(String name) {
        return folder.resolve(name);
    }

    final Path write(String name, String text) throws IOException {
        return Files.writeString(file(name), text);
    }

    private List<String> lines(String name) {
        try {
            return Files.exists(file(name)) ? Files.readAllLines(file(name)) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Not of those that systems hand out themselves: nobody else gets it before it is used. */
    static int freePort() {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(20_000, 32_000);
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                // It is taken: another one.
            }
        }
    }

    /** What to say where there is no {@link #executable}. */
    String missing() {
        return program + " is not installed; on Debian: apt-get install " + program;
    }

    private boolean isUp() {
        for (int port : ports()) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.getInputStream();
            } catch (IOException e) {
                return false;
            }
        }
        return true;
    }

    /** Empty if something is missing without which it cannot run. */
    Optional<Path> executable() {
        return inPath(program);
    }

    /** Servers are often in folders that only root has in its path. */
    static Optional<Path> inPath(String program) {
        String path = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/local/sbin:/usr/sbin:/sbin";
        return Stream.of(path.split(File.pathSeparator))
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static boolean delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return true;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
        return true;
    }
}
