package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.CallContent;
import dev.llmpropagation.internal.span.Convention;
import dev.llmpropagation.internal.span.ExceptionEvent;
import dev.llmpropagation.internal.span.Instrumentation;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.SpanText;
import io.opentelemetry.api.logs.LogRecordBuilder;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/** The log events of the agent layer, each with the trace and span id of the span that it tells of. */
final class AgentEvents {

    private final SpanNames names;
    private final Convention convention;
    private final Instrumentation instrumentation;
    private final GuardedContent content;

    AgentEvents(Convention convention, SpanNames names, Instrumentation instrumentation, GuardedContent content) {
        this.names = names;
        this.convention = convention;
        this.instrumentation = instrumentation;
        this.content = content;
    }

    void sessionStarted(String id, @Nullable String previous) {
        event(LogEvent.SESSION_START, Context.current(), id)
                .setAttribute(names.key(Attribute.PREVIOUS_SESSION_ID), shown(Attribute.SESSION_ID, previous))
                .emit();
    }

    void sessionEnded(String id) {
        event(LogEvent.SESSION_END, Context.current(), id).emit();
    }

    void prompt(AgentSpan interaction, @Nullable String prompt) {
        LogRecordBuilder event = event(LogEvent.USER_PROMPT, interaction);
        if (prompt != null) {
            event.setAttribute(names.key(Attribute.PROMPT_LENGTH), (long) prompt.length())
                    .setAttribute(names.key(Attribute.PROMPT), content.forEvent(prompt));
        }
        event.emit();
    }

    void finished(
            AgentSpan interaction, @Nullable String approvalMode, String turnStatus, Outcome outcome, long nanos) {
        event(LogEvent.CONVERSATION_FINISHED, interaction)
                .setAttribute(names.key(Attribute.EVENT_APPROVAL_MODE), shown(Attribute.APPROVAL_MODE, approvalMode))
                .setAttribute(names.key(Attribute.TURN_STATUS), turnStatus)
                .setAttribute(names.key(Attribute.OUTCOME), outcome.value())
                .setAttribute(names.key(Attribute.DURATION_MS), nanos / 1_000_000)
                .emit();
    }

    void toolCall(AgentSpan tool, ToolCall call, Outcome outcome, @Nullable String errorType, long nanos) {
        Decision decision = call.decision;
        event(LogEvent.TOOL_CALL, tool)
                .setAttribute(names.key(Attribute.FUNCTION_NAME), call.name)
                .setAttribute(names.key(Attribute.CALL_ID), shown(Attribute.CALL_ID, call.id))
                .setAttribute(names.key(Attribute.TOOL_CALL_ID), shown(Attribute.TOOL_CALL_ID, call.id))
                .setAttribute(names.key(Attribute.RESPONSE_ID), shown(Attribute.RESPONSE_ID, call.responseId))
                .setAttribute(names.key(Attribute.DURATION_MS), nanos / 1_000_000)
                .setAttribute(names.key(Attribute.STATUS), outcome.status())
                .setAttribute(names.key(Attribute.SUCCESS), outcome == Outcome.COMPLETED)
                .setAttribute(names.key(Attribute.DECISION), decision == null ? null : decision.value())
                .setAttribute(names.key(Attribute.TOOL_KIND), shown(Attribute.TOOL_TYPE, call.toolType))
                .setAttribute(names.key(Attribute.ERROR_TYPE), shown(Attribute.ERROR_TYPE, errorType))
                .setAttribute(names.key(Attribute.FUNCTION_ARGS), content.forEvent(call.arguments))
                .emit();
    }

    /** A model call failed with this exception. The words can be those of the service, and so content. */
    void exception(AgentSpan call, boolean inference, Throwable failure, @Nullable String words) {
        LogEvent event = inference && LogEvent.INFERENCE_EXCEPTION.isOf(convention)
                ? LogEvent.INFERENCE_EXCEPTION
                : LogEvent.OPERATION_EXCEPTION;
        instrumentation
                .event(event.eventName, Severity.WARN, call.context())
                .setAttribute(names.key(Attribute.SESSION_ID), shown(Attribute.SESSION_ID, call.session()))
                .setAttribute(
                        names.key(Attribute.EXCEPTION_TYPE),
                        Attribute.EXCEPTION_TYPE.shown(failure.getClass().getName()))
                .setAttribute(names.key(Attribute.EXCEPTION_STACKTRACE), ExceptionEvent.stackTrace(failure))
                .setAttribute(names.key(Attribute.EXCEPTION_MESSAGE), content.forEvent(SpanText.error(words)))
                .emit();
    }

    void modelCall(
            AgentSpan request,
            ModelMetrics.Call call,
            @Nullable String responseModel,
            @Nullable String errorType,
            CallContent said) {
        event(LogEvent.MODEL_CALL_CONTENT, request)
                .setAttribute(Attribute.CONVERSATION_ID.key(), shown(Attribute.CONVERSATION_ID, request.session()))
                .setAttribute(Attribute.OPERATION_NAME.key(), shown(Attribute.OPERATION_NAME, call.operation()))
                .setAttribute(Attribute.PROVIDER_NAME.key(), shown(Attribute.PROVIDER_NAME, call.provider()))
                .setAttribute(Attribute.REQUEST_MODEL.key(), call.model())
                .setAttribute(Attribute.RESPONSE_MODEL.key(), responseModel)
                .setAttribute(Attribute.SERVER_ADDRESS.key(), shown(Attribute.SERVER_ADDRESS, call.serverAddress()))
                .setAttribute(Attribute.SERVER_PORT.key(), call.serverPort())
                .setAttribute(Attribute.ERROR_TYPE.key(), shown(Attribute.ERROR_TYPE, errorType))
                .setAttribute(Attribute.SYSTEM_INSTRUCTIONS.key(), said.systemInstructions())
                .setAttribute(Attribute.INPUT_MESSAGES.key(), said.inputMessages())
                .setAttribute(Attribute.TOOL_DEFINITIONS.key(), said.toolDefinitions())
                .setAttribute(Attribute.OUTPUT_MESSAGES.key(), said.outputMessages())
                .emit();
    }

    void file(AgentSpan tool, ToolCall call, FileOperation operation, @Nullable String extension, long lines) {
        LogRecordBuilder event = event(LogEvent.FILE_OPERATION, tool)
                .setAttribute(names.key(Attribute.FUNCTION_NAME), call.name)
                .setAttribute(names.key(Attribute.CALL_ID), shown(Attribute.CALL_ID, call.id))
                .setAttribute(names.key(Attribute.FILE_OPERATION), operation.value())
                .setAttribute(names.key(Attribute.FILE_EXTENSION), extension);
        if (lines >= 0) {
            event.setAttribute(names.key(Attribute.FILE_LINES), lines);
        }
        event.emit();
    }

    private LogRecordBuilder event(LogEvent event, AgentSpan span) {
        return event(event, span.context(), span.session())
                .setAttribute(names.key(Attribute.PROMPT_ID), shown(Attribute.PROMPT_ID, span.promptId()));
    }

    private LogRecordBuilder event(LogEvent event, Context context, @Nullable String session) {
        return instrumentation
                .event(event.eventName, Severity.INFO, context)
                .setAttribute(names.key(Attribute.SESSION_ID), shown(Attribute.SESSION_ID, session));
    }

    private static @Nullable String shown(Attribute attribute, @Nullable String value) {
        return value == null ? null : attribute.shown(value);
    }
}
