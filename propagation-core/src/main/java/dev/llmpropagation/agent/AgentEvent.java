package dev.llmpropagation.agent;

/** Every log event of the agent layer. Rows of docs/telemetry-reference.md. */
enum AgentEvent {
    SESSION_START("session.start", "A session began.", "`session.id`, `session.previous_id`"),
    SESSION_END("session.end", "A session ended.", "`session.id`"),
    USER_PROMPT(
            "qwen-code.user_prompt",
            "An interaction began.",
            "`session.id`, `qwen-code.prompt_id`, `prompt_length`; content: `prompt`"),
    CONVERSATION_FINISHED(
            "qwen-code.conversation_finished",
            "An interaction ended, in whatever way.",
            "`session.id`, `qwen-code.prompt_id`, `approval_mode`, `qwen-code.turn_status`, `llm_propagation.outcome`,"
                    + " `duration_ms`"),
    TOOL_CALL(
            "qwen-code.tool_call",
            "A tool call ended, in whatever way.",
            "`session.id`, `qwen-code.prompt_id`, `function_name`, `tool.call_id`, `duration_ms`, `status`, `success`,"
                    + " `decision`, `tool_type`, `error.type`; content: `function_args`");

    final String eventName;
    final String description;
    final String attributes;

    AgentEvent(String eventName, String description, String attributes) {
        this.eventName = eventName;
        this.description = description;
        this.attributes = attributes;
    }
}
