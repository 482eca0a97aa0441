package dev.llmpropagation.internal.http;

import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * The program's executor, lent to a client that is closed by itself: shutting this down only refuses further tasks
 * here. The executor itself stays the program's to shut down. Thread-safe.
 */
final class LentExecutor extends AbstractExecutorService {

    private final ExecutorService program;

    // Under the lock of this object.
    private int running;
    private boolean shutdown;

    LentExecutor(ExecutorService program) {
        this.program = program;
    }

    @Override
    public void execute(Runnable task) {
        synchronized (this) {
            if (shutdown) {
                throw new RejectedExecutionException("The client is closed");
            }
            running++;
        }
        boolean accepted = false;
        try {
            program.execute(() -> {
                try {
                    task.run();
                } finally {
                    done();
                }
            });
            accepted = true;
        } finally {
            if (!accepted) {
                done();
            }
        }
    }

    private synchronized void done() {
        running--;
        notifyAll();
    }

    @Override
    public synchronized void shutdown() {
        shutdown = true;
        notifyAll();
    }

    /** Tasks that have been handed over are the executor's, and go on. */
    @Override
    public List<Runnable> shutdownNow() {
        shutdown();
        return List.of();
    }

    @Override
    public synchronized boolean isShutdown() {
        return shutdown;
    }

    @Override
    public synchronized boolean isTerminated() {
        return shutdown && running == 0;
    }

    @Override
    public synchronized boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        long deadline = System.nanoTime() + unit.toNanos(timeout);
        while (!isTerminated()) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }
}
