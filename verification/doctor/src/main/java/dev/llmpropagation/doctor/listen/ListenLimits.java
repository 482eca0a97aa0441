package dev.llmpropagation.doctor.listen;

import java.time.Duration;

/**
 * How much of what others send is read, and for how long. Immutable.
 *
 * @param modelBytes of a request to a model service; they pass by and are not kept
 * @param otlpBytes of a request with telemetry, as it is sent and after it is unpacked
 * @param memoryBytes of all requests with telemetry that are read at the same time
 * @param ignoredBytes of what is too much; it is still read, so that the client comes to see the answer
 * @param bodyTime for one body
 * @param silence after which a connection is closed on which nothing comes
 * @param connections at the same time; more have to wait
 */
record ListenLimits(
        long modelBytes,
        int otlpBytes,
        int memoryBytes,
        long ignoredBytes,
        Duration bodyTime,
        Duration silence,
        int connections) {

    private static final int MEBI = 1 << 20;

    static final ListenLimits DEFAULT = new ListenLimits(
            64L * MEBI, 20 * MEBI, 96 * MEBI, 512L * MEBI, Duration.ofSeconds(60), Duration.ofSeconds(30), 1_000);

    /** As a person says it. */
    static String size(long bytes) {
        return bytes >= MEBI ? bytes / MEBI + " MiB" : bytes + " bytes";
    }
}
