package dev.llmpropagation.openai;

import dev.llmpropagation.internal.http.LogicalCall;
import dev.llmpropagation.internal.span.ContextFuture;
import dev.llmpropagation.internal.span.CurrentContext;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.Outcome;
import io.opentelemetry.context.Scope;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The program's side of the SDK's future: completes as that one does, with the caller's Context for what depends on it,
 * and cancels the call when the program completes it first.
 */
final class CallFuture {

    private CallFuture() {}

    /**
     * @param settled gets the SDK's result, or its failure, before the program does
     * @param adopt what the program gets for the SDK's result
     */
    @SuppressWarnings("FutureReturnValueIgnored") // both stages only pass things on
    static CompletableFuture<@Nullable Object> of(
            CompletableFuture<@Nullable Object> sdk,
            LogicalCall call,
            CurrentContext current,
            BiConsumer<@Nullable Object, @Nullable Throwable> settled,
            UnaryOperator<@Nullable Object> adopt) {
        CompletableFuture<@Nullable Object> result = new ContextFuture<>(call.caller(), current);
        result.whenComplete((value, failure) -> {
            if (!sdk.isDone()) {
                cancel(sdk, call, failure == null ? Ending.of(Outcome.CANCELLED) : Ending.of(failure, null));
            }
        });
        // The SDK's future holds this until it is done, and this holds the call.
        sdk.whenComplete((value, failure) -> {
            try {
                Scope scope = current.set(call.caller());
                try {
                    settled.accept(value, failure);
                    if (failure != null) {
                        result.completeExceptionally(CancelledCalls.translated(failure, call));
                    } else if (!result.complete(adopt.apply(value))) {
                        close(value);
                    }
                } finally {
                    current.restore(scope);
                }
            } catch (Throwable e) { // goes on to the program, which would else wait for ever
                if (result.completeExceptionally(e)) {
                    close(value);
                }
                throw e;
            }
        });
        return result;
    }

    private static void cancel(CompletableFuture<?> sdk, LogicalCall call, Ending why) {
        try {
            call.cancel(why);
            call.finished(); // an attempt that runs ends first; where none does, the SDK may be waiting for long
        } finally {
            if (sdk.getClass() != CompletableFuture.class) {
                // An upload's future, whose own cancel closes the file. A plain one would drop the late response
                // unclosed.
                sdk.cancel(true);
            }
        }
    }

    private static void close(@Nullable Object value) {
        if (value instanceof AutoCloseable response) {
            try {
                response.close();
            } catch (Exception e) {
                // Nobody waits for the response any more.
            }
        }
    }
}
