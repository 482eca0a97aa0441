package dev.llmpropagation.doctor.show;

/** Colours for a terminal, or none. */
public enum Paint {
    PLAIN("", "", "", "", ""),
    ANSI("\u001b[1m", "\u001b[32m", "\u001b[33m", "\u001b[31m", "\u001b[0m");

    private final String bold;
    private final String green;
    private final String yellow;
    private final String red;
    private final String reset;

    Paint(String bold, String green, String yellow, String red, String reset) {
        this.bold = bold;
        this.green = green;
        this.yellow = yellow;
        this.red = red;
        this.reset = reset;
    }

    public String title(String text) {
        return bold + text + reset;
    }

    public String verdict(boolean good, String text) {
        return (good ? green : red) + text + reset;
    }

    public String warning(String text) {
        return yellow + text + reset;
    }
}
