package dev.llmpropagation.gemini;

import dev.llmpropagation.internal.http.LogicalCall;
import dev.llmpropagation.internal.span.ContextFuture;
import dev.llmpropagation.internal.span.CurrentContext;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.Outcome;
import io.opentelemetry.context.Context;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The future of a request, and those of the stages behind it. Asynchronous stages run in the Context of the caller, and
 * so does what they begin. If the program ends the future that it got from the SDK, the request ends on the wire; a
 * stage that the program itself has put behind that one ends alone, as others may wait for the same response.
 */
final class CallerFuture<T> extends ContextFuture<T> {

    /** Ends what runs on the wire for this result; null for a stage of the program's. */
    private volatile @Nullable Consumer<Ending> stop;

    private CallerFuture(Context caller, CurrentContext current) {
        super(caller, current);
    }

    /** @param sdk the SDK's own future of the response */
    @SuppressWarnings("FutureReturnValueIgnored") // it only passes things on
    static <T> CompletableFuture<T> of(CompletableFuture<T> sdk, LogicalCall call, CurrentContext current) {
        CallerFuture<T> future = new CallerFuture<>(call.caller(), current);
        future.stop = call::cancel;
        sdk.whenComplete(future::settle);
        return future;
    }

    private void settle(T response, @Nullable Throwable failure) {
        if (failure == null) {
            super.complete(response);
        } else {
            super.completeExceptionally(failure);
        }
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new CallerFuture<>(caller, current);
    }

    // The SDK's own stages lead to the future that the program gets.

    @Override
    public <U> CompletableFuture<U> thenApplyAsync(Function<? super T, ? extends U> fn) {
        return passStop(super.thenApplyAsync(fn), fn, stop);
    }

    @Override
    public <U> CompletableFuture<U> thenApply(Function<? super T, ? extends U> fn) {
        return passStop(super.thenApply(fn), fn, stop);
    }

    @Override
    public CompletableFuture<Void> thenAccept(Consumer<? super T> action) {
        return passStop(super.thenAccept(action), action, stop);
    }

    @Override
    public CompletableFuture<T> exceptionally(Function<Throwable, ? extends T> fn) {
        return passStop(super.exceptionally(fn), fn, stop);
    }

    @Override
    public <U> CompletableFuture<U> thenCompose(Function<? super T, ? extends CompletionStage<U>> fn) {
        Consumer<Ending> before = stop;
        if (before == null || !isSdks(fn)) {
            return super.thenCompose(fn);
        }
        NextRequest next = new NextRequest();
        CompletableFuture<U> stage = super.thenCompose(value -> {
            CompletionStage<U> begun = fn.apply(value);
            next.begun(begun);
            return begun;
        });
        return passStop(stage, fn, why -> {
            before.accept(why);
            next.stop(why);
        });
    }

    /** What the SDK asks once it has a response. It can be on the wire before the SDK comes back with its future. */
    private static final class NextRequest {
        private volatile @Nullable Object future;
        private volatile @Nullable Ending stopped;

        void begun(Object begun) {
            future = begun;
            Ending why = stopped;
            if (why != null) {
                stop(why);
            }
        }

        void stop(Ending why) {
            stopped = why;
            if (future instanceof CallerFuture<?> begun) {
                begun.stop(why);
            }
        }
    }

    private static <U> CompletableFuture<U> passStop(
            CompletableFuture<U> stage, Object function, @Nullable Consumer<Ending> stop) {
        if (stage instanceof CallerFuture<U> ours && isSdks(function)) {
            ours.stop = stop;
        }
        return stage;
    }

    private static boolean isSdks(Object function) {
        return function.getClass().getName().startsWith("com.google.genai.");
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        boolean first = !isDone();
        boolean cancelled = super.cancel(mayInterruptIfRunning);
        if (first && cancelled) {
            stop(Ending.of(Outcome.CANCELLED));
        }
        return cancelled;
    }

    @Override
    public boolean complete(T value) {
        boolean first = super.complete(value);
        if (first) {
            stop(Ending.of(Outcome.CANCELLED));
        }
        return first;
    }

    /** A deadline of the program's, {@code orTimeout}, comes here too. */
    @Override
    public boolean completeExceptionally(Throwable failure) {
        boolean first = super.completeExceptionally(failure);
        if (first) {
            stop(Ending.of(failure, null));
        }
        return first;
    }

    private void stop(Ending why) {
        Consumer<Ending> running = stop;
        if (running != null) {
            running.accept(why);
        }
    }
}
