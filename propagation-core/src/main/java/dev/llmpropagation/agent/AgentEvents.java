package dev.llmpropagation.agent;

import dev.llmpropagation.span.OlderOpenTelemetry;
import dev.llmpropagation.span.Outcome;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.logs.LogRecordBuilder;
import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/** The log events of the agent layer, each with the trace and span id of the span that it tells of. */
final class AgentEvents {

    private static final AttributeKey<String> PREVIOUS_SESSION = AttributeKey.stringKey("session.previous_id");
    private static final AttributeKey<Long> PROMPT_LENGTH = AttributeKey.longKey("prompt_length");
    private static final AttributeKey<String> PROMPT = AttributeKey.stringKey("prompt");
    private static final AttributeKey<String> FUNCTION_NAME = AttributeKey.stringKey("function_name");
    private static final AttributeKey<String> FUNCTION_ARGS = AttributeKey.stringKey("function_args");
    private static final AttributeKey<String> APPROVAL_MODE = AttributeKey.stringKey("approval_mode");
    private static final AttributeKey<String> STATUS = AttributeKey.stringKey("status");
    private static final AttributeKey<String> DECISION = AttributeKey.stringKey("decision");
    private static final AttributeKey<String> TOOL_TYPE = AttributeKey.stringKey("tool_type");

    private final Logger logger;
    private final Content content;

    AgentEvents(OpenTelemetry openTelemetry, String scope, String version, Content content) {
        this.logger = openTelemetry
                .getLogsBridge()
                .loggerBuilder(scope)
                .setInstrumentationVersion(version)
                .build();
        this.content = content;
    }

    void sessionStarted(String id, @Nullable String previous) {
        event(Event.SESSION_START, Context.current(), id)
                .setAttribute(PREVIOUS_SESSION, shown(Attribute.SESSION_ID, previous))
                .emit();
    }

    void sessionEnded(String id) {
        event(Event.SESSION_END, Context.current(), id).emit();
    }

    void prompt(Interaction interaction, @Nullable String prompt) {
        LogRecordBuilder event = event(Event.USER_PROMPT, interaction.context(), interaction.session())
                .setAttribute(Attribute.PROMPT_ID.key(), shown(Attribute.PROMPT_ID, interaction.promptId()));
        if (prompt != null) {
            event.setAttribute(PROMPT_LENGTH, (long) prompt.length()).setAttribute(PROMPT, content.forEvent(prompt));
        }
        event.emit();
    }

    void finished(Interaction interaction, Outcome outcome, long nanos) {
        event(Event.CONVERSATION_FINISHED, interaction.context(), interaction.session())
                .setAttribute(Attribute.PROMPT_ID.key(), shown(Attribute.PROMPT_ID, interaction.promptId()))
                .setAttribute(APPROVAL_MODE, shown(Attribute.APPROVAL_MODE, interaction.approvalMode()))
                .setAttribute(Attribute.TURN_STATUS.key(), Interaction.turnStatus(outcome))
                .setAttribute(Attribute.OUTCOME.key(), outcome.value())
                .setAttribute(Attribute.DURATION_MS.key(), nanos / 1_000_000)
                .emit();
    }

    void toolCall(Tool tool, Outcome outcome, @Nullable String errorType, long nanos) {
        Decision decision = tool.decision();
        event(Event.TOOL_CALL, tool.context(), tool.session())
                .setAttribute(Attribute.PROMPT_ID.key(), shown(Attribute.PROMPT_ID, tool.promptId()))
                .setAttribute(FUNCTION_NAME, tool.name())
                .setAttribute(Attribute.CALL_ID.key(), shown(Attribute.CALL_ID, tool.callId()))
                .setAttribute(Attribute.DURATION_MS.key(), nanos / 1_000_000)
                .setAttribute(STATUS, outcome.status())
                .setAttribute(Attribute.SUCCESS.key(), outcome == Outcome.COMPLETED)
                .setAttribute(DECISION, decision == null ? null : decision.value())
                .setAttribute(TOOL_TYPE, shown(Attribute.TOOL_TYPE, tool.toolType()))
                .setAttribute(Attribute.ERROR_TYPE.key(), shown(Attribute.ERROR_TYPE, errorType))
                .setAttribute(FUNCTION_ARGS, content.forEvent(tool.arguments()))
                .emit();
    }

    private static @Nullable String shown(Attribute attribute, @Nullable String value) {
        return value == null ? null : attribute.shown(value);
    }

    private LogRecordBuilder event(Event event, Context context, @Nullable String session) {
        return OlderOpenTelemetry.name(logger.logRecordBuilder(), event.eventName)
                .setSeverity(Severity.INFO)
                .setContext(context)
                .setAttribute(Attribute.SESSION_ID.key(), shown(Attribute.SESSION_ID, session));
    }
}
