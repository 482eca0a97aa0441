package dev.llmpropagation.internal.span;

import java.util.List;
import java.util.function.Consumer;

/**
 * For exceptions that parts of the program throw into this library: diagnostics tell of them, and the call goes on; but
 * some errors must not be caught.
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

    /** Runs the step for each of them, whatever it throws. At the end it throws the first error, or else the first exception. */
    public static <T> void forAll(Iterable<? extends T> all, Consumer<? super T> step) {
        Error error = null;
        RuntimeException exception = null;
        for (T each : all) {
            try {
                step.accept(each);
            } catch (Error e) { // thrown below, when all steps have run
                error = error == null ? e : error;
            } catch (RuntimeException e) {
                exception = exception == null ? e : exception;
            }
        }
        if (error != null) {
            throw error;
        }
        if (exception != null) {
            throw exception;
        }
    }

    /** Runs these steps one after the other, whatever those before throw, as {@link #forAll}. */
    public static void inTurn(Runnable... steps) {
        forAll(List.of(steps), Runnable::run);
    }
}
