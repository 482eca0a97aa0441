package dev.llmpropagation.doctor;

/**
 * A wire attempt that a scenario must make. Immutable.
 *
 * @param session under which the program made the call
 * @param outcome as the span must show it
 */
record ExpectedAttempt(ServiceName service, String session, int status, String outcome) {

    /** Whether this service is one that the client was not built for. */
    boolean foreign() {
        return service == ServiceName.OTHER;
    }
}
