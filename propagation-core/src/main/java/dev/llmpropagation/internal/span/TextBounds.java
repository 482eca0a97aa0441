package dev.llmpropagation.internal.span;

/** How long a text of an attribute may be. */
final class TextBounds {

    private TextBounds() {}

    /** Characters of it, or of each of its texts; 0 if it is content, which has a bound of its own. */
    static int of(Attribute attribute) {
        if (AttributeNames.CONTENT.contains(attribute)) {
            return 0;
        }
        return switch (attribute) {
            case PROMPT, FUNCTION_ARGS -> 0;
            case CLIENT_ID, CHANNEL_ID, PREVIOUS_CHANNEL_ID, TRACEPARENT_HEADER -> 128;
            case AGENT_DESCRIPTION -> 1024;
            case TOOL_DESCRIPTION -> 4096;
            case ERROR, ERROR_MESSAGE, EXCEPTION_MESSAGE, POST_BATCH_STOP_REASON, SUBAGENT_TERMINATE_REASON ->
                SpanText.MAX_ERROR;
            case EXCEPTION_STACKTRACE -> ExceptionEvent.MAX_LENGTH;
            default -> Attribute.MAX_LENGTH;
        };
    }
}
