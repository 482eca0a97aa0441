package dev.llmpropagation.daemon;

/** How a request came to the process that serves it. */
public enum RuntimePath {
    /** The request started it. */
    STARTED_ON_REQUEST("started_on_request"),
    /** It was there, or being started already. */
    JOINED("joined");

    private final String value;

    RuntimePath(String value) {
        this.value = value;
    }

    String value() {
        return value;
    }
}
