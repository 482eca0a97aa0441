package dev.llmpropagation.internal.span;

import io.opentelemetry.context.Context;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * A future whose asynchronous stages, and those behind them, run in the Context of whoever made the call. One that is
 * given an executor runs in what that executor sets.
 */
public class ContextFuture<T> extends CompletableFuture<T> {

    protected final Context caller;
    protected final CurrentContext current;

    public ContextFuture(Context caller, CurrentContext current) {
        this.caller = caller;
        this.current = current;
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new ContextFuture<>(caller, current);
    }

    @Override
    public Executor defaultExecutor() {
        Executor pool = super.defaultExecutor();
        return task -> pool.execute(current.wrap(caller, task));
    }
}
