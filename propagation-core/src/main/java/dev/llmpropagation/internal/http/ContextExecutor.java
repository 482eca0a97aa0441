package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.span.CurrentContext;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The dispatcher's executor, with the caller's Context. OkHttp runs a callback on the dispatcher's thread after the
 * interceptors have returned, so {@link CallerContextInterceptor} leaves its Scope here and it is closed after the callback.
 */
final class ContextExecutor extends AbstractExecutorService {

    private static final ThreadLocal<Task> CURRENT = new ThreadLocal<>();

    private final ExecutorService delegate;
    private final CurrentContext current;

    private ContextExecutor(ExecutorService delegate, CurrentContext current) {
        this.delegate = delegate;
        this.current = current;
    }

    static ExecutorService wrap(ExecutorService executor, CurrentContext current) {
        return executor instanceof ContextExecutor ? executor : new ContextExecutor(executor, current);
    }

    /**
     * Makes this context current until the running call's callback has returned.
     *
     * @return false if this thread runs no call of such an executor, or that call has done so before
     */
    static boolean holdUntilCallbackReturned(Context context) {
        Task task = CURRENT.get();
        return task != null && task.hold(context);
    }

    /** Whether this thread runs a call of OkHttp's, which another thread may have handed over than the one that made it. */
    static boolean runsCall() {
        Task task = CURRENT.get();
        return task != null && task.okHttpCall;
    }

    @Override
    public void execute(Runnable command) {
        // Other users of the executor (an SDK's supplyAsync) open scopes of their own around the calls they make.
        boolean okHttpCall = command.getClass().getName().startsWith("okhttp3.");
        // A call that OkHttp promotes when another one ends is handed over on that one's thread, whose Context is not
        // its.
        Context submitter = okHttpCall && CURRENT.get() != null ? Context.root() : current.get();
        delegate.execute(new Task(command, okHttpCall, submitter, current));
    }

    @Override
    public void shutdown() {
        delegate.shutdown();
    }

    @Override
    public List<Runnable> shutdownNow() {
        return delegate.shutdownNow();
    }

    @Override
    public boolean isShutdown() {
        return delegate.isShutdown();
    }

    @Override
    public boolean isTerminated() {
        return delegate.isTerminated();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        return delegate.awaitTermination(timeout, unit);
    }

    private static final class Task implements Runnable {
        private final Runnable command;
        private final Context submitter;
        private final CurrentContext current;
        private final boolean okHttpCall;
        private @Nullable Scope held;

        Task(Runnable command, boolean okHttpCall, Context submitter, CurrentContext current) {
            this.command = command;
            this.okHttpCall = okHttpCall;
            this.submitter = submitter;
            this.current = current;
        }

        /** Until {@link #run()} restores it, after the callback. */
        boolean hold(Context context) {
            if (!okHttpCall || held != null) {
                return false;
            }
            held = current.set(context);
            return true;
        }

        @Override
        public void run() {
            Task outer = CURRENT.get();
            CURRENT.set(this);
            Scope scope = current.set(submitter);
            try {
                command.run();
            } finally {
                if (held != null) {
                    current.restore(held);
                }
                current.restore(scope);
                if (outer == null) {
                    CURRENT.remove();
                } else {
                    CURRENT.set(outer);
                }
            }
        }
    }
}
