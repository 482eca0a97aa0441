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
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The log events of a daemon, each with the trace and span id, route, session and prompt of what it tells of. */
final class DaemonEvents {

    private final Instrumentation instrumentation;

    DaemonEvents(Instrumentation instrumentation) {
        this.instrumentation = instrumentation;
    }

    void of(LogEvent event, Severity severity, DaemonSpan span, Attributes attributes) {
        builder(event, severity, span, attributes).emit();
    }

    private LogRecordBuilder builder(LogEvent event, Severity severity, DaemonSpan span, Attributes attributes) {
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
        return log;
    }

    /**
     * A request or a step failed.
     *
     * @param when it did; the record can come later
     */
    void error(DaemonSpan span, Ending ending, Instant when, AttributesBuilder more) {
        String message = Text.error(ending.message());
        Throwable failure = ending.failure();
        if (failure != null) {
            Attribute.EXCEPTION_TYPE.put(more::put, failure.getClass().getName());
        }
        more.put(Attribute.ERROR_TYPE.key(), span.errorType(ending))
                .put(Attribute.ERROR_MESSAGE.key(), message != null ? message : span.fixedText(ending.outcome()));
        builder(LogEvent.DAEMON_ERROR, Severity.ERROR, span, more.build())
                .setTimestamp(when)
                .emit();
    }

    /** @param prompt that certainly runs in the process, or null */
    void line(String line, @Nullable BridgeSpan prompt, Attributes attributes) {
        LogRecordBuilder log = prompt == null
                ? instrumentation
                        .event(LogEvent.CHANNEL_STDERR.eventName, Severity.WARN, Context.root())
                        .setAllAttributes(attributes)
                : builder(LogEvent.CHANNEL_STDERR, Severity.WARN, prompt, attributes);
        log.setBody(line).emit();
    }

    void of(LogEvent event, Severity severity, Context context, @Nullable String session, Attributes attributes) {
        instrumentation
                .event(event.eventName, severity, context)
                .setAllAttributes(attributes)
                .setAttribute(Attribute.SESSION_ID.key(), session)
                .emit();
    }
}
