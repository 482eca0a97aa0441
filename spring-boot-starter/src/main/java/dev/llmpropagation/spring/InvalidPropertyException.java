package dev.llmpropagation.spring;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A property whose value cannot be used. Its text never holds a secret. */
final class InvalidPropertyException extends RuntimeException {

    private final String property;
    private final String reason;

    InvalidPropertyException(String property, String reason, @Nullable Throwable cause) {
        super(property + ": " + reason, cause);
        this.property = property;
        this.reason = reason;
    }

    String property() {
        return property;
    }

    String reason() {
        return reason;
    }

    /** What this makes of the value of the property; what it refuses is told by the name that the user wrote. */
    static <T> T checked(String property, Supplier<T> use) {
        try {
            return use.get();
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new InvalidPropertyException(property, reason(property, e), e);
        }
    }

    /** Without the property in front, which stands there already. */
    private static String reason(String property, RuntimeException refusal) {
        String message = refusal.getMessage() == null ? refusal.toString() : refusal.getMessage();
        return message.startsWith(property + ": ") ? message.substring(property.length() + 2) : message;
    }
}
