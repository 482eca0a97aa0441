package dev.llmpropagation.daemon;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Instrumentation;
import dev.llmpropagation.internal.span.LogEvent;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.LogRecordBuilder;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.context.Context;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The log events of a daemon, each with the trace and span id, route, session and prompt of what it tells of. */
final class DaemonEvents {

    /** What an event tells of: the span in this Context, and what is known of it. */
    record Place(
            Context context,
            @Nullable String session,
            @Nullable String prompt,
            @Nullable String client,
            Routes.@Nullable Route route) {

        static Place in(Context context, @Nullable String session) {
            return new Place(context, session, null, null, null);
        }
    }

    private final Instrumentation instrumentation;

    DaemonEvents(Instrumentation instrumentation) {
        this.instrumentation = instrumentation;
    }

    void of(LogEvent event, Severity severity, Place place, Attributes attributes) {
        builder(event, severity, place, attributes).emit();
    }

    /**
     * A request or a step failed.
     *
     * @param when it did; the record can come later
     */
    void error(Place place, Instant when, Attributes attributes) {
        builder(LogEvent.DAEMON_ERROR, Severity.ERROR, place, attributes)
                .setTimestamp(when)
                .emit();
    }

    /** A process wrote this line to stderr. */
    void line(String line, Place place, Attributes attributes) {
        builder(LogEvent.CHANNEL_STDERR, Severity.WARN, place, attributes)
                .setBody(line)
                .emit();
    }

    private LogRecordBuilder builder(LogEvent event, Severity severity, Place place, Attributes attributes) {
        Routes.Route route = place.route();
        LogRecordBuilder log = instrumentation
                .event(event.eventName, severity, place.context())
                .setAllAttributes(attributes)
                .setAttribute(Attribute.SESSION_ID.key(), place.session())
                .setAttribute(Attribute.PROMPT_ID.key(), place.prompt())
                .setAttribute(Attribute.CLIENT_ID.key(), place.client());
        if (route != null) {
            log.setAttribute(Attribute.HTTP_ROUTE.key(), route.name());
        }
        return log;
    }
}
