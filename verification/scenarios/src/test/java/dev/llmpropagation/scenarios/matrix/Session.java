package dev.llmpropagation.scenarios.matrix;

import java.io.IOException;
import java.net.SocketException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * One client of an SDK, ours or bare, and one call with it. The result is a line that says what the program got: the
 * text, or the classes of the exception and its causes.
 */
abstract class Session implements AutoCloseable {

    static final String PROMPT = "PROMPT-marker";
    static final int RETRIES = 1;
    static final int READ_TIMEOUT_MILLIS = 400;
    static final int PATIENCE_SECONDS = 40;

    private final Fault fault;
    private final FaultServer server;
    private final Traffic traffic;

    Session(Fault fault, FaultServer server, Traffic traffic) {
        this.fault = fault;
        this.server = server;
        this.traffic = traffic;
    }

    /** Makes the call; throws what the SDK throws. */
    abstract String call(Mode mode) throws Exception;

    @Override
    public abstract void close();

    final Fault fault() {
        return fault;
    }

    final String result(Mode mode) {
        try {
            return call(mode);
        } catch (Throwable e) {
            return describe(e);
        }
    }

    /** For calls without a stream: cancels from another thread, as soon as the request has arrived. */
    final Thread cancelWhenArrived(Runnable cancel) {
        Thread thread = new Thread(() -> {
            if (fault == Fault.CALLER_CANCELS) {
                server.awaitRequest();
                cancel.run();
            }
        });
        thread.start();
        return thread;
    }

    final void cancelAll() {
        traffic.cancelAll();
    }

    /** Whether the consumer goes on after this chunk. */
    final boolean goesOnAfterFirstChunk(Runnable cancel) {
        if (fault == Fault.CALLER_CANCELS) {
            cancel.run();
        }
        return fault != Fault.CONSUMER_CLOSES_EARLY;
    }

    static void join(Thread thread) throws InterruptedException {
        thread.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
    }

    private static String describe(Throwable failure) {
        Throwable current = failure;
        while ((current instanceof CompletionException || current instanceof ExecutionException)
                && current.getCause() != null) {
            current = current.getCause();
        }
        StringBuilder line = new StringBuilder();
        for (; current != null; current = current.getCause()) {
            line.append(line.isEmpty() ? "" : " < ");
            if (current instanceof IOException) {
                // Which side of the socket notices first is a race in OkHttp, and so is what stands below.
                return line.append(
                                current.getClass() == SocketException.class
                                        ? "IOException"
                                        : current.getClass().getSimpleName())
                        .toString();
            }
            line.append(current.getClass().getSimpleName());
        }
        return line.toString();
    }
}
