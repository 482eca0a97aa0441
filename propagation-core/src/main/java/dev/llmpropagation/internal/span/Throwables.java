package dev.llmpropagation.internal.span;

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
     * <p>Called last in a {@code catch}, when spans have ended and scopes are closed.
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
}
