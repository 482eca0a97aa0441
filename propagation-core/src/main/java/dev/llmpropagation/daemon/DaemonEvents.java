package dev.llmpropagation.daemon;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.Instrumentation;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.Text;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.logs.LogRecordBuilder;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/** The log events of a daemon, each with the trace and span id, route, session and prompt of what it tells of. */
final class DaemonEvents {

    private final Instrumentation instrumentation;

    DaemonEvents(Instrumentation instrumentation) {
        this.instrumentation = instrumentation;
    }

    void of(LogEvent event, Severity severity, DaemonSpan span, Attributes attributes) {
        Routes.Route route = span.route();
        LogRecordBuilder log = instrumentation
                .event(event.eventName, severity, span.context())
                .setAllAttributes(attributes)
                .setAttribute(Attribute.SESSION_ID.key(), span.session())
                .setAttribute(Attribute.PROMPT_ID.key(), span.promptId())
                .setAttribute(Attribute.CLIENT_ID.key(), span.clientId());
        if (route != null) {
            log.setAttribute(Attribute.HTTP_ROUTE.key(), route.name());
        }
        log.emit();
    }

    /** A request or a step failed. */
    void error(DaemonSpan span, Ending ending, AttributesBuilder more) {
        String message = Text.error(ending.message());
        more.put(Attribute.ERROR_TYPE.key(), DaemonSpan.errorType(ending))
                .put(Attribute.ERROR_MESSAGE.key(), message != null ? message : span.fixedText(ending.outcome()));
        of(LogEvent.DAEMON_ERROR, Severity.ERROR, span, more.build());
    }

    void of(LogEvent event, Severity severity, Context context, @Nullable String session, Attributes attributes) {
        instrumentation
                .event(event.eventName, severity, context)
                .setAllAttributes(attributes)
                .setAttribute(Attribute.SESSION_ID.key(), session)
                .emit();
    }
}
