package dev.llmpropagation.internal.span;

import static java.util.Objects.requireNonNull;

import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The Context that is current on a thread. The program can bring its own storage of Contexts. If that throws, the work
 * goes on without a Context, and the sink gets a diagnostic. Thread-safe, if the sink is.
 *
 * @param diagnostics gets what failed, and why
 * @param ofCaller the program's: makes the Context of a call of the one that is current where the call is made
 */
public record CurrentContext(BiConsumer<String, @Nullable Throwable> diagnostics, UnaryOperator<Context> ofCaller) {

    public CurrentContext(BiConsumer<String, @Nullable Throwable> diagnostics) {
        this(diagnostics, UnaryOperator.identity());
    }

    /** The current one; the root where the storage fails. */
    public Context get() {
        try {
            return Context.current();
        } catch (Throwable e) { // the storage is the program's
            diagnostics.accept("The current Context could not be read", e);
            Throwables.propagateIfFatal(e);
            return Context.root();
        }
    }

    /** The Context of a call that is made on this thread, now. */
    public Context caller() {
        Context current = get();
        try {
            return requireNonNull(ofCaller.apply(current), "callerContext gave null");
        } catch (Throwable e) { // the program's
            diagnostics.accept("The Context of a caller could not be found; the current one counts", e);
            Throwables.propagateIfFatal(e);
            return current;
        }
    }

    /** Makes it current, unless the storage fails. What this returns belongs to {@link #restore}. */
    @SuppressWarnings("MustBeClosedChecker") // handed on to one who closes it
    public Scope set(Context context) {
        try {
            return context.makeCurrent();
        } catch (Throwable e) { // the storage is the program's
            diagnostics.accept("A Context could not be made current", e);
            Throwables.propagateIfFatal(e);
            return Scope.noop();
        }
    }

    /** Closes what {@link #set} returned. */
    public void restore(Scope scope) {
        try {
            scope.close();
        } catch (Throwable e) { // the storage is the program's
            diagnostics.accept("A Context could not be taken back", e);
            Throwables.propagateIfFatal(e);
        }
    }

    /** As {@link #set}, for a {@code try}: closing it never throws. Costs an object more. */
    public Scope scope(Context context) {
        Scope scope = set(context);
        return () -> restore(scope);
    }

    /** The task, which runs with this Context as the current one. */
    public Runnable wrap(Context context, Runnable task) {
        return () -> {
            Scope scope = set(context);
            try {
                task.run();
            } finally {
                restore(scope);
            }
        };
    }
}
