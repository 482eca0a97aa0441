package dev.llmpropagation.doctor.check;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A secret and where it comes from. Immutable.
 *
 * @param value null if it is not there
 */
record Credential(String source, @Nullable String value) {

    /**
     * From the file if there is one, else from the variable.
     *
     * @throws IllegalArgumentException if the file cannot be read or is empty; without its name
     */
    static Credential read(@Nullable Path file, String variable, Function<String, @Nullable String> environment) {
        if (file == null) {
            String value = environment.apply(variable);
            return new Credential(variable, value == null || value.isBlank() ? null : value.strip());
        }
        try {
            String value = Files.readString(file).strip();
            if (value.isEmpty()) {
                throw new IllegalArgumentException("the file is empty");
            }
            return new Credential(file.toString(), value);
        } catch (IOException e) {
            // Its name is left out: it may be the secret, given to the wrong option.
            throw new IllegalArgumentException("there is no such file, or it cannot be read", e);
        }
    }

    /**
     * The same.
     *
     * @throws IllegalArgumentException if no header can carry it; an SDK's exception would show it
     */
    Credential forHeader() {
        if (value != null && !value.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new IllegalArgumentException(
                    "it holds a blank, a line end or a character that is not ASCII, as no key does");
        }
        return this;
    }

    boolean present() {
        return value != null;
    }

    /** Without the value. */
    @Override
    public String toString() {
        return source + (present() ? " (present)" : " (absent)");
    }
}
