package dev.llmpropagation.daemon;

/** Every log event of a daemon. Rows of docs/daemon-reference.md. */
enum DaemonEvent {
    ERROR(
            "qwen-code.daemon.error",
            "A request was answered with 5xx, or a step of the bridge failed.",
            "`http.route`, `http.response.status_code` or `qwen-code.daemon.bridge.operation`, `error.type`,"
                    + " `error.message`"),
    PROMPT_CANCELLED("qwen-code.daemon.prompt.cancelled", "The dispatch of a prompt was cancelled.", ""),
    CHANNEL_EXITED(
            "qwen-code.daemon.channel.exited",
            "A process ended.",
            "`qwen-code.daemon.channel.exit_code`, `.signal`, `.session_count`, `.expected`"),
    SESSION_DIED("qwen-code.daemon.session.died", "A session was lost with its process.", ""),
    CHANNEL_FAILED(
            "qwen-code.daemon.channel.liveness_failed",
            "The way to a process failed.",
            "`qwen-code.daemon.acp_channel.id`, `qwen-code.daemon.channel.session_count`, `error.type`"),
    INVALID_PARENT(
            "qwen-code.daemon.traceparent.invalid",
            "A client sent a `traceparent` that is none. At most 60 at once and two a second.",
            "`http.route`, `http.request.header.traceparent` (one line, at most 128 characters)"),
    STREAM_OPENED("qwen-code.daemon.sse.opened", "A stream of events began.", "`http.route`"),
    STREAM_CLOSED(
            "qwen-code.daemon.sse.closed", "A stream of events ended.", "`http.route`, all `qwen-code.daemon.sse.*`");

    final String eventName;
    final String description;
    final String attributes;

    DaemonEvent(String eventName, String description, String attributes) {
        this.eventName = eventName;
        this.description = description;
        this.attributes = attributes;
    }
}
