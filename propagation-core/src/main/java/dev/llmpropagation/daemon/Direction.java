package dev.llmpropagation.daemon;

/** Which way a message goes between the daemon and a process of its agents. */
public enum Direction {
    /** From the process to the daemon. */
    INBOUND("inbound"),
    /** From the daemon to the process. */
    OUTBOUND("outbound");

    private final String value;

    Direction(String value) {
        this.value = value;
    }

    String value() {
        return value;
    }
}
