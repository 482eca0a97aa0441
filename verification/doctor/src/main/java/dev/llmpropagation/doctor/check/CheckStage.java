package dev.llmpropagation.doctor.check;

import java.util.Locale;

/** What has to go well, in this order. Its exit code says which was the first that did not. */
enum CheckStage {
    DNS("DNS", 11),
    CONNECT("TCP", 12),
    PROXY("proxy", 13),
    TLS("TLS", 14),
    AUTHENTICATION("authentication", 15),
    MODEL("model", 16),
    FIRST_BYTE("first byte", 17),
    END_OF_STREAM("end of stream", 18);

    private final String label;
    private final int exitCode;

    CheckStage(String label, int exitCode) {
        this.label = label;
        this.exitCode = exitCode;
    }

    String label() {
        return label;
    }

    String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    int exitCode() {
        return exitCode;
    }
}
