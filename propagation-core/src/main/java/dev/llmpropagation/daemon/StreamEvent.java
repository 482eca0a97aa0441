package dev.llmpropagation.daemon;

import io.opentelemetry.api.logs.Severity;
import java.util.Locale;

/** What happens to a stream of events while it is open, or ends it. A label of a metric. */
enum StreamEvent {
    SLOW_CLIENT(Severity.WARN),
    EVICTED(Severity.WARN),
    RESYNC_REQUIRED(Severity.WARN),
    RECONNECTED(Severity.INFO),
    PUBLISH_FAILED(Severity.ERROR);

    private final Severity severity;

    StreamEvent(Severity severity) {
        this.severity = severity;
    }

    Severity severity() {
        return severity;
    }

    String value() {
        return name().toLowerCase(Locale.ROOT);
    }
}
