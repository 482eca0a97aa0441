package dev.llmpropagation.verification.doctor;

/** Colours for a terminal, or none. */
enum Paint {
    PLAIN("", "", "", ""),
    ANSI("\u001b[1m", "\u001b[32m", "\u001b[31m", "\u001b[0m");

    private final String bold;
    private final String green;
    private final String red;
    private final String reset;

    Paint(String bold, String green, String red, String reset) {
        this.bold = bold;
        this.green = green;
        this.red = red;
        this.reset = reset;
    }

    String title(String text) {
        return bold + text + reset;
    }

    String verdict(boolean good, String text) {
        return (good ? green : red) + text + reset;
    }
}
