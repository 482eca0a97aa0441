package dev.llmpropagation.daemon;

import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.SpanLife;
import dev.llmpropagation.internal.span.Throwables;
import org.jspecify.annotations.Nullable;

/** Reads the causes of an exception of the program, whose methods can throw and whose causes can form a ring. */
final class Causes {

    private static final int MAX_DEPTH = 8;

    private Causes() {}

    /** What a future failed with, or the failure itself. */
    static Throwable unwrapped(Throwable failure, SpanLife<?> life) {
        try {
            return Ending.unwrapped(failure);
        } catch (Throwable e) { // getCause() is the program's
            life.tell("The causes of a failure could not be read", e);
            Throwables.propagateIfFatal(e);
            return failure;
        }
    }

    /** Whether the inner one is the outer one, or among its causes. */
    static boolean contain(@Nullable Throwable outer, @Nullable Throwable inner, SpanLife<?> life) {
        try {
            Throwable current = outer;
            for (int depth = 0; current != null && depth < MAX_DEPTH; depth++) {
                if (current == inner) {
                    return true;
                }
                current = current.getCause();
            }
        } catch (Throwable e) { // getCause() is the program's
            life.tell("The causes of a failure could not be read; it may be counted twice, or told", e);
            Throwables.propagateIfFatal(e);
        }
        return false;
    }
}
