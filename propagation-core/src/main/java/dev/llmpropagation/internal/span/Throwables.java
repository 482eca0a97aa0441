package dev.llmpropagation.internal.span;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a part of the program's throws into this library: it is told to the diagnostics, and the call goes on. Some of it
 * is nobody's to keep.
 */
public final class Throwables {

    private Throwables() {}

    /**
     * Throws an error after which the JVM cannot be trusted: no memory, no stack. Of an interrupt, which Kotlin and Lombok
     * throw without declaring it, the thread keeps the flag. All else is left to the caller, a {@link LinkageError} too:
     * a class that a span processor lacks is no reason for a call to fail.
     *
     * <p>Called last in a {@code catch}. What must happen all the same, as the end of a span, stands in a {@code finally}.
     */
    @SuppressWarnings("removal") // nobody throws ThreadDeath from JDK 20 on
    public static void propagateIfFatal(Throwable thrown) {
        if (thrown instanceof VirtualMachineError error) {
            throw error;
        }
        if (thrown instanceof ThreadDeath death) {
            throw death;
        }
        if (thrown instanceof InterruptedException) {
            Thread.currentThread().interrupt();
        }
    }

    /** Takes the step for each of them, whatever it throws: the first error is thrown on when all have had their step. */
    public static <T> void forAll(Iterable<? extends T> all, Consumer<? super T> step) {
        Error first = null;
        for (T each : all) {
            first = error(each, step, first);
        }
        if (first != null) {
            throw first;
        }
    }

    /** Takes these steps one after the other, each whatever those before throw: the first error is thrown on after the last. */
    public static void inTurn(Runnable... steps) {
        forAll(List.of(steps), Runnable::run);
    }

    private static <T> @Nullable Error error(T each, Consumer<? super T> step, @Nullable Error before) {
        try {
            step.accept(each);
            return before;
        } catch (Error e) { // thrown on by forAll
            return before == null ? e : before;
        }
    }
}
