package dev.llmpropagation.internal.span;

import static java.util.Objects.requireNonNull;

import io.opentelemetry.context.Scope;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The program's own work within a span, which is current meanwhile and ends by what the work does. Thread-safe. */
record SpanWork(SpanLife<?> life) {

    /** @throws E what the body throws, unchanged */
    <T extends @Nullable Object, E extends Exception> T call(SpanLife.Work<T, E> body) throws E {
        life.entered();
        try {
            T result;
            try (Scope ignored = life.makeCurrent()) {
                result = body.call();
            }
            life.completed();
            return result;
        } catch (Throwable e) { // rethrown
            life.failed(e);
            throw e;
        } finally {
            life.left();
        }
    }

    <T> CompletableFuture<T> callAsync(Supplier<? extends CompletionStage<T>> body) {
        CompletionStage<T> stage;
        life.entered();
        try (Scope ignored = life.makeCurrent()) {
            stage = requireNonNull(body.get(), "The body returned no stage");
        } catch (Throwable e) { // rethrown
            life.failed(e);
            throw e;
        } finally {
            life.left();
        }
        life.waitsFor(stage);
        CompletableFuture<T> result = new CompletableFuture<>();
        try {
            stage.whenComplete((value, failure) -> pass(value, failure, result));
        } catch (Throwable e) { // a stage of the program's own make; goes on unchanged
            life.waitsFor(null);
            life.failed(e);
            throw e;
        }
        CompletableFuture<T> unused = result.whenComplete((value, failure) -> {
            try {
                if (!life.isEnded()) {
                    givenUp(failure, result.isCancelled());
                }
            } finally {
                if (result.isCancelled()) {
                    stage.toCompletableFuture().cancel(true);
                }
            }
        });
        return result;
    }

    /** The program itself has ended the future, by a deadline of its own, say: what the stage brings is for nobody. */
    private void givenUp(@Nullable Throwable failure, boolean cancelled) {
        if (failure == null || cancelled) {
            life.end(Ending.of(Outcome.CANCELLED));
        } else {
            life.failed(failure);
        }
    }

    /** Ends the span as the stage did, then completes what the program waits for, even after a fatal error. */
    private <T> void pass(T value, @Nullable Throwable failure, CompletableFuture<T> result) {
        if (failure == null) {
            try {
                life.completed();
            } finally {
                result.complete(value);
            }
        } else {
            try {
                life.failed(failure);
            } finally {
                result.completeExceptionally(failure);
            }
        }
    }
}
