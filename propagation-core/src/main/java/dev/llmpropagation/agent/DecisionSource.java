package dev.llmpropagation.agent;

import java.util.Locale;

/** Who decided about a tool. */
public enum DecisionSource {
    CLI,
    IDE,
    HOOK,
    AUTO,
    SYSTEM;

    private final String value = name().toLowerCase(Locale.ROOT);

    String value() {
        return value;
    }
}
