package dev.llmpropagation.doctor.check;

import java.util.Locale;

/** Why a stage failed. The names are part of the JSON's schema. */
enum FailureClass {
    DNS,
    CONNECT,
    /** The proxy wants other credentials. */
    PROXY_AUTH,
    /** The proxy refuses the destination, or is none. */
    PROXY,
    TLS,
    UNAUTHORIZED,
    FORBIDDEN,
    NOT_FOUND,
    THROTTLED,
    /** Any other status from 400 to 499. */
    REJECTED,
    /** A status from 500 on. */
    SERVICE_ERROR,
    /** It answers, but not as the API does. */
    PROTOCOL,
    TIMEOUT,
    STREAM_CUT,
    TRANSPORT;

    String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
