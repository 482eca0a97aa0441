package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Instrumentation;
import dev.llmpropagation.internal.span.Outcome;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.logs.LogRecordBuilder;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/** The log events of the agent layer, each with the trace and span id of the span that it tells of. */
final class AgentEvents {

    private static final AttributeKey<String> PREVIOUS_SESSION = AttributeKey.stringKey("session.previous_id");
    private static final AttributeKey<Long> PROMPT_LENGTH = AttributeKey.longKey("prompt_length");
    private static final AttributeKey<String> PROMPT = AttributeKey.stringKey("prompt");
    private static final AttributeKey<String> FUNCTION_ARGS = AttributeKey.stringKey("function_args");
    private static final AttributeKey<String> APPROVAL_MODE = AttributeKey.stringKey("approval_mode");

    private final Instrumentation instrumentation;
    private final Content content;

    AgentEvents(Instrumentation instrumentation, Content content) {
        this.instrumentation = instrumentation;
        this.content = content;
    }

    void sessionStarted(String id, @Nullable String previous) {
        event(AgentEvent.SESSION_START, Context.current(), id)
                .setAttribute(PREVIOUS_SESSION, shown(AgentAttribute.SESSION_ID, previous))
                .emit();
    }

    void sessionEnded(String id) {
        event(AgentEvent.SESSION_END, Context.current(), id).emit();
    }

    void prompt(AgentSpan interaction, @Nullable String prompt) {
        LogRecordBuilder event = event(AgentEvent.USER_PROMPT, interaction);
        if (prompt != null) {
            event.setAttribute(PROMPT_LENGTH, (long) prompt.length()).setAttribute(PROMPT, content.forEvent(prompt));
        }
        event.emit();
    }

    void finished(
            AgentSpan interaction, @Nullable String approvalMode, String turnStatus, Outcome outcome, long nanos) {
        event(AgentEvent.CONVERSATION_FINISHED, interaction)
                .setAttribute(APPROVAL_MODE, shown(AgentAttribute.APPROVAL_MODE, approvalMode))
                .setAttribute(AgentAttribute.TURN_STATUS.key(), turnStatus)
                .setAttribute(AgentAttribute.OUTCOME.key(), outcome.value())
                .setAttribute(AgentAttribute.DURATION_MS.key(), nanos / 1_000_000)
                .emit();
    }

    void toolCall(AgentSpan tool, ToolCall call, Outcome outcome, @Nullable String errorType, long nanos) {
        Decision decision = call.decision;
        event(AgentEvent.TOOL_CALL, tool)
                .setAttribute(ToolCall.FUNCTION_NAME, call.name)
                .setAttribute(AgentAttribute.CALL_ID.key(), shown(AgentAttribute.CALL_ID, call.id))
                .setAttribute(AgentAttribute.DURATION_MS.key(), nanos / 1_000_000)
                .setAttribute(ToolCall.STATUS, outcome.status())
                .setAttribute(AgentAttribute.SUCCESS.key(), outcome == Outcome.COMPLETED)
                .setAttribute(ToolCall.DECISION, decision == null ? null : decision.value())
                .setAttribute(ToolCall.TOOL_TYPE, shown(AgentAttribute.TOOL_TYPE, call.toolType))
                .setAttribute(AgentAttribute.ERROR_TYPE.key(), shown(AgentAttribute.ERROR_TYPE, errorType))
                .setAttribute(FUNCTION_ARGS, content.forEvent(call.arguments))
                .emit();
    }

    private LogRecordBuilder event(AgentEvent event, AgentSpan span) {
        return event(event, span.context(), span.session())
                .setAttribute(AgentAttribute.PROMPT_ID.key(), shown(AgentAttribute.PROMPT_ID, span.promptId()));
    }

    private LogRecordBuilder event(AgentEvent event, Context context, @Nullable String session) {
        return instrumentation
                .event(event.eventName, Severity.INFO, context)
                .setAttribute(AgentAttribute.SESSION_ID.key(), shown(AgentAttribute.SESSION_ID, session));
    }

    private static @Nullable String shown(AgentAttribute attribute, @Nullable String value) {
        return value == null ? null : attribute.shown(value);
    }
}
