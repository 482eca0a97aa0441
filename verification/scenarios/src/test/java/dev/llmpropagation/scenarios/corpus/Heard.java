package dev.llmpropagation.scenarios.corpus;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All that the SDK got out of a stream, and what ended it before its time. */
record Heard<T>(List<T> parts, @Nullable Throwable failure) {

    static <T> Heard<T> of(Iterable<T> stream) {
        List<T> parts = new ArrayList<>();
        try {
            stream.forEach(parts::add);
            return new Heard<>(parts, null);
        } catch (RuntimeException e) {
            return new Heard<>(parts, e);
        }
    }
}
