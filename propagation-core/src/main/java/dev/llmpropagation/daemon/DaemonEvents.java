package dev.llmpropagation.daemon;

import dev.llmpropagation.span.OlderOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.LogRecordBuilder;
import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/** The log events of a daemon, each with the trace and span id, route, session and prompt of what it tells of. */
final class DaemonEvents {

    private final Logger logger;

    DaemonEvents(OpenTelemetry openTelemetry, String scope, String version) {
        this.logger = openTelemetry
                .getLogsBridge()
                .loggerBuilder(scope)
                .setInstrumentationVersion(version)
                .build();
    }

    void of(Event event, Severity severity, DaemonSpan span, Attributes attributes) {
        Routes.Route route = span.route();
        LogRecordBuilder log = event(event, severity, span.context())
                .setAllAttributes(attributes)
                .setAttribute(Attribute.SESSION_ID.key(), span.session())
                .setAttribute(Attribute.PROMPT_ID.key(), span.promptId())
                .setAttribute(Attribute.CLIENT_ID.key(), span.clientId());
        if (route != null) {
            log.setAttribute(Attribute.ROUTE.key(), route.name());
        }
        log.emit();
    }

    void of(Event event, Severity severity, Context context, @Nullable String session, Attributes attributes) {
        event(event, severity, context)
                .setAllAttributes(attributes)
                .setAttribute(Attribute.SESSION_ID.key(), session)
                .emit();
    }

    private LogRecordBuilder event(Event event, Severity severity, Context context) {
        return OlderOpenTelemetry.name(logger.logRecordBuilder(), event.eventName)
                .setSeverity(severity)
                .setContext(context);
    }
}
