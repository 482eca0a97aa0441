package dev.llmpropagation.agent;

import java.util.Locale;

/** What a tool did with a file. */
public enum FileOperation {
    CREATE,
    READ,
    UPDATE,
    DELETE;

    String value() {
        return name().toLowerCase(Locale.ROOT);
    }
}
