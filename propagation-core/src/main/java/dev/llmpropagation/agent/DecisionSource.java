package dev.llmpropagation.agent;

import java.util.Locale;

/** Who decided about a tool. */
public enum DecisionSource {
    CLI,
    IDE,
    HOOK,
    AUTO,
    SYSTEM;

    String value() {
        return name().toLowerCase(Locale.ROOT);
    }
}
