package dev.llmpropagation.examples.daemon;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.llmpropagation.daemon.BridgeOperation;
import dev.llmpropagation.daemon.DaemonChannel;
import dev.llmpropagation.daemon.DaemonTelemetry;
import dev.llmpropagation.daemon.Direction;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A process of agents as the daemon sees it. */
final class ChildProcess {

    private final Process process;
    private final JsonRpc pipe;
    private volatile boolean closing;

    final DaemonChannel channel;

    private ChildProcess(Process process, DaemonChannel channel) {
        this.process = process;
        this.channel = channel;
        this.pipe = new JsonRpc(process.getInputStream(), process.getOutputStream());
        pipe.onRead = bytes -> channel.message(Direction.INBOUND, bytes);
        pipe.onWritten = bytes -> channel.message(Direction.OUTBOUND, bytes);
    }

    /**
     * Starts one and shakes hands with it.
     *
     * @param asked answers what it asks
     */
    static ChildProcess spawn(DaemonTelemetry daemon, List<String> arguments, JsonRpc.Handler asked) throws Exception {
        ChildProcess child = daemon.bridge(BridgeOperation.CHANNEL_SPAWN).call(step -> {
            List<String> command = new java.util.ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:TieredStopAtLevel=1",
                    "-XX:+UseSerialGC",
                    "-cp",
                    System.getProperty("java.class.path"),
                    AgentChild.class.getName()));
            command.addAll(arguments);
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return new ChildProcess(process, daemon.channel("child-" + process.pid()));
        });
        Thread reader = new Thread(() -> child.pipe.listen(asked, child::gone), "child-reader");
        reader.setDaemon(true);
        reader.start();
        daemon.bridge(BridgeOperation.CHANNEL_INITIALIZE)
                .call(step -> child.ask("initialize", JsonRpc.JSON.createObjectNode()));
        return child;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    long pid() {
        return process.pid();
    }

    ObjectNode ask(String method, ObjectNode params) throws Exception {
        return askAsync(method, params).get(60, TimeUnit.SECONDS);
    }

    CompletableFuture<ObjectNode> askAsync(String method, ObjectNode params) {
        return pipe.request(method, params).thenApply(ObjectNode.class::cast);
    }

    void tell(String method, ObjectNode params) throws IOException {
        pipe.tell(method, params);
    }

    /** Runs before those who wait for an answer are told, so that their spans know of the exit. */
    private void gone() {
        int exitCode = -1;
        try {
            exitCode = process.waitFor(10, TimeUnit.SECONDS) ? process.exitValue() : -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        channel.exited(exitCode, closing);
    }

    /** It is gone when this returns. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    void close() throws Exception {
        closing = true;
        process.getOutputStream().close();
        if (!process.waitFor(15, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        channel.exited(0, true);
    }
}
