package dev.llmpropagation.internal.span;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Lets one package of ours reach non-public members of a public class in another one, without a public method that
 * every program would see. The public class itself hands them over when it is loaded. As {@code Internal.instance} of
 * OkHttp. Thread-safe.
 *
 * @param <T> what is behind it
 */
public final class Door<T> {

    private volatile @Nullable Function<Object, T> way;

    /** Called by the public class itself, once. */
    public <P> void open(Class<P> type, Function<P, T> inside) {
        way = handle -> inside.apply(type.cast(handle));
    }

    /** @param handle an object of the class that has opened the door */
    public T behind(Object handle) {
        Function<Object, T> known = way;
        if (known == null) {
            throw new IllegalStateException(handle.getClass() + " has no such door");
        }
        return known.apply(handle);
    }
}
