package dev.llmpropagation.agent;

import java.util.Locale;

/** How a hook blocked. */
public enum BlockType {
    DENIED,
    ASK,
    STOP;

    private final String value = name().toLowerCase(Locale.ROOT);

    String value() {
        return value;
    }
}
