package dev.llmpropagation.agent;

/** When a hook runs. */
public enum HookEvent {
    PRE_TOOL_USE("PreToolUse"),
    POST_TOOL_USE("PostToolUse"),
    POST_TOOL_USE_FAILURE("PostToolUseFailure"),
    POST_TOOL_BATCH("PostToolBatch");

    private final String value;

    HookEvent(String value) {
        this.value = value;
    }

    String value() {
        return value;
    }
}
