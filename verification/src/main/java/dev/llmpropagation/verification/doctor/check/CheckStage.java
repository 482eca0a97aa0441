package dev.llmpropagation.verification.doctor.check;

import java.util.Locale;

/** What has to go well, in this order. Its exit code says which was the first that did not. */
enum CheckStage {
    DNS("DNS"),
    CONNECT("TCP"),
    PROXY("proxy"),
    TLS("TLS"),
    AUTHENTICATION("authentication"),
    MODEL("model"),
    FIRST_BYTE("first byte"),
    END_OF_STREAM("end of stream");

    private static final int FIRST_EXIT_CODE = 11;

    private final String label;

    CheckStage(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    int exitCode() {
        return FIRST_EXIT_CODE + ordinal();
    }
}
