package dev.llmpropagation.openai;

import com.openai.core.http.AsyncStreamResponse;
import dev.llmpropagation.internal.http.LogicalCall;
import dev.llmpropagation.internal.span.CurrentContext;
import io.opentelemetry.context.Scope;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The program's side of a stream of the SDK: its handler runs with the caller's Context, and closing it cancels. */
final class CallStream<T> implements AsyncStreamResponse<T> {

    private final AsyncStreamResponse<T> delegate;
    private final LogicalCall call;
    private final Executor defaultExecutor;
    private final CurrentContext current;
    private final Runnable forget;
    // What the program's own handler threw: no failure of the call.
    private final AtomicReference<@Nullable Throwable> ofProgram = new AtomicReference<>();
    private final CompletableFuture<@Nullable Void> completed;

    /** @param id of the call, which is forgotten when the SDK makes no further attempt */
    CallStream(
            AsyncStreamResponse<T> delegate,
            LogicalCall call,
            Transport transport,
            String id,
            Executor defaultExecutor) {
        this.delegate = delegate;
        this.call = call;
        this.defaultExecutor = defaultExecutor;
        this.current = transport.current();
        this.forget = () -> transport.calls().remove(id);
        this.completed = completion(delegate, call, current, ofProgram, forget);
    }

    /** Static, because the SDK closes a stream that is unreachable, so nothing it holds may refer to the stream. */
    @SuppressWarnings("FutureReturnValueIgnored") // the stage only passes things on
    private static CompletableFuture<@Nullable Void> completion(
            AsyncStreamResponse<?> delegate,
            LogicalCall call,
            CurrentContext current,
            AtomicReference<@Nullable Throwable> ofProgram,
            Runnable forget) {
        CompletableFuture<@Nullable Void> result = new CompletableFuture<>();
        delegate.onCompleteFuture().whenComplete((nothing, failure) -> {
            if (failure != null) {
                forget.run();
            }
            try {
                if (!call.isClosing()) {
                    call.finished(failure == ofProgram.get() ? null : failure);
                }
                Scope scope = current.set(call.caller());
                try {
                    if (failure == null) {
                        result.complete(null);
                    } else {
                        result.completeExceptionally(CancelledCalls.translated(failure, call));
                    }
                } finally {
                    current.restore(scope);
                }
            } catch (Throwable e) { // goes on to the program, which would else wait for ever
                result.completeExceptionally(e);
                throw e;
            }
        });
        return result;
    }

    @Override
    public AsyncStreamResponse<T> subscribe(Handler<? super T> handler) {
        return subscribe(handler, defaultExecutor);
    }

    @Override
    public AsyncStreamResponse<T> subscribe(Handler<? super T> handler, Executor executor) {
        // The SDK hands over one task, for the whole stream, when the response or the last failure is there.
        delegate.subscribe(new TranslatingHandler<>(handler, call, ofProgram), task -> {
            forget.run();
            executor.execute(current.wrap(call.caller(), task));
        });
        return this;
    }

    @Override
    public CompletableFuture<@Nullable Void> onCompleteFuture() {
        return completed;
    }

    @Override
    public void close() {
        awaitLastAttempt();
        // First, so that a response that is being read counts as closed early and not as cancelled.
        call.closing();
        try {
            delegate.close();
        } finally {
            try {
                call.cancel();
            } finally {
                call.finished();
            }
        }
    }

    /** Has the SDK hold the call until its retries are over: a retry that finds no call would go out. */
    private void awaitLastAttempt() {
        try {
            delegate.subscribe(new TranslatingHandler<>(value -> {}, call, ofProgram), task -> forget.run());
        } catch (IllegalStateException e) {
            // Subscribed or closed before: then it is held already.
        }
    }

    private record TranslatingHandler<T>(
            Handler<? super T> handler, LogicalCall call, AtomicReference<@Nullable Throwable> ofProgram)
            implements Handler<T> {
        @Override
        public void onNext(T value) {
            try {
                handler.onNext(value);
            } catch (Throwable e) { // rethrown
                ofProgram.set(e);
                throw e;
            }
        }

        @Override
        public void onComplete(Optional<Throwable> error) {
            Throwable failure = error.orElse(null);
            try {
                call.finished(failure == ofProgram.get() ? null : failure);
            } finally {
                handler.onComplete(error.map(thrown -> CancelledCalls.translated(thrown, call)));
            }
        }
    }
}
