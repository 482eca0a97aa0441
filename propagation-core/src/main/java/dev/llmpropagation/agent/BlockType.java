package dev.llmpropagation.agent;

import java.util.Locale;

/** How a hook blocked. */
public enum BlockType {
    DENIED,
    ASK,
    STOP;

    String value() {
        return name().toLowerCase(Locale.ROOT);
    }
}
