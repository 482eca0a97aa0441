package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Convention;
import dev.llmpropagation.internal.span.ExceptionEvent;
import dev.llmpropagation.internal.span.Instrumentation;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.Outcome;
import io.opentelemetry.api.logs.LogRecordBuilder;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/** The log events of the agent layer, each with the trace and span id of the span that it tells of. */
final class AgentEvents {

    private final Convention convention;
    private final Instrumentation instrumentation;
    private final Content content;

    AgentEvents(Convention convention, Instrumentation instrumentation, Content content) {
        this.convention = convention;
        this.instrumentation = instrumentation;
        this.content = content;
    }

    void sessionStarted(String id, @Nullable String previous) {
        event(LogEvent.SESSION_START, Context.current(), id)
                .setAttribute(Attribute.PREVIOUS_SESSION_ID.key(), shown(Attribute.SESSION_ID, previous))
                .emit();
    }

    void sessionEnded(String id) {
        event(LogEvent.SESSION_END, Context.current(), id).emit();
    }

    void prompt(AgentSpan interaction, @Nullable String prompt) {
        LogRecordBuilder event = event(LogEvent.USER_PROMPT, interaction);
        if (prompt != null) {
            event.setAttribute(Attribute.PROMPT_LENGTH.key(), (long) prompt.length())
                    .setAttribute(Attribute.PROMPT.key(), content.forEvent(prompt));
        }
        event.emit();
    }

    void finished(
            AgentSpan interaction, @Nullable String approvalMode, String turnStatus, Outcome outcome, long nanos) {
        event(LogEvent.CONVERSATION_FINISHED, interaction)
                .setAttribute(Attribute.EVENT_APPROVAL_MODE.key(), shown(Attribute.APPROVAL_MODE, approvalMode))
                .setAttribute(Attribute.TURN_STATUS.key(), turnStatus)
                .setAttribute(Attribute.OUTCOME.key(), outcome.value())
                .setAttribute(Attribute.DURATION_MS.key(), nanos / 1_000_000)
                .emit();
    }

    void toolCall(AgentSpan tool, ToolCall call, Outcome outcome, @Nullable String errorType, long nanos) {
        Decision decision = call.decision;
        event(LogEvent.TOOL_CALL, tool)
                .setAttribute(Attribute.FUNCTION_NAME.key(), call.name)
                .setAttribute(Attribute.CALL_ID.key(), shown(Attribute.CALL_ID, call.id))
                .setAttribute(Attribute.DURATION_MS.key(), nanos / 1_000_000)
                .setAttribute(Attribute.STATUS.key(), outcome.status())
                .setAttribute(Attribute.SUCCESS.key(), outcome == Outcome.COMPLETED)
                .setAttribute(Attribute.DECISION.key(), decision == null ? null : decision.value())
                .setAttribute(Attribute.TOOL_KIND.key(), shown(Attribute.TOOL_TYPE, call.toolType))
                .setAttribute(Attribute.ERROR_TYPE.key(), shown(Attribute.ERROR_TYPE, errorType))
                .setAttribute(Attribute.FUNCTION_ARGS.key(), content.forEvent(call.arguments))
                .emit();
    }

    /** A model call failed by this exception. Its words can be the service's, and so content. */
    void exception(AgentSpan call, boolean inference, Throwable failure) {
        LogEvent event = inference && LogEvent.INFERENCE_EXCEPTION.isOf(convention)
                ? LogEvent.INFERENCE_EXCEPTION
                : LogEvent.OPERATION_EXCEPTION;
        instrumentation
                .event(event.eventName, Severity.WARN, call.context())
                .setAttribute(Attribute.SESSION_ID.key(), shown(Attribute.SESSION_ID, call.session()))
                .setAttribute(Attribute.EXCEPTION_TYPE.key(), failure.getClass().getName())
                .setAttribute(Attribute.EXCEPTION_STACKTRACE.key(), ExceptionEvent.stackTrace(failure))
                .setAttribute(Attribute.EXCEPTION_MESSAGE.key(), content.forEvent(failure.getMessage()))
                .emit();
    }

    private LogRecordBuilder event(LogEvent event, AgentSpan span) {
        return event(event, span.context(), span.session())
                .setAttribute(Attribute.PROMPT_ID.key(), shown(Attribute.PROMPT_ID, span.promptId()));
    }

    private LogRecordBuilder event(LogEvent event, Context context, @Nullable String session) {
        return instrumentation
                .event(event.eventName, Severity.INFO, context)
                .setAttribute(Attribute.SESSION_ID.key(), shown(Attribute.SESSION_ID, session));
    }

    private static @Nullable String shown(Attribute attribute, @Nullable String value) {
        return value == null ? null : attribute.shown(value);
    }
}
