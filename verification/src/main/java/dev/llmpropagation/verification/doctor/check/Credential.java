package dev.llmpropagation.verification.doctor.check;

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
     * @throws IllegalArgumentException if the file cannot be read or is empty
     */
    static Credential read(@Nullable Path file, String variable, Function<String, @Nullable String> environment) {
        if (file == null) {
            String value = environment.apply(variable);
            return new Credential(variable, value == null || value.isBlank() ? null : value.strip());
        }
        try {
            String value = Files.readString(file).strip();
            if (value.isEmpty()) {
                throw new IllegalArgumentException(file + " is empty");
            }
            return new Credential(file.toString(), value);
        } catch (IOException e) {
            throw new IllegalArgumentException(file + " cannot be read", e);
        }
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
