package dev.llmpropagation.internal.span;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Every log event. Rows of docs/telemetry-reference.md and docs/daemon-reference.md. */
@SuppressWarnings("ImmutableEnumChecker") // List.of is immutable
public enum LogEvent {
    SESSION_START(
            "session.start",
            "A session began: `sessionStarted(…)`.",
            Attribute.SESSION_ID,
            Attribute.PREVIOUS_SESSION_ID),
    SESSION_END("session.end", "A session ended: `sessionEnded(…)`.", Attribute.SESSION_ID),
    USER_PROMPT(
            "qwen-code.user_prompt",
            "An interaction began.",
            Attribute.SESSION_ID,
            Attribute.PROMPT_ID,
            Attribute.PROMPT_LENGTH,
            Attribute.PROMPT),
    CONVERSATION_FINISHED(
            "qwen-code.conversation_finished",
            "An interaction ended, in whatever way.",
            Attribute.SESSION_ID,
            Attribute.PROMPT_ID,
            Attribute.EVENT_APPROVAL_MODE,
            Attribute.TURN_STATUS,
            Attribute.OUTCOME,
            Attribute.DURATION_MS),
    TOOL_CALL(
            "qwen-code.tool_call",
            "A tool call ended, in whatever way.",
            Attribute.SESSION_ID,
            Attribute.PROMPT_ID,
            Attribute.FUNCTION_NAME,
            Attribute.CALL_ID,
            Attribute.TOOL_CALL_ID,
            Attribute.RESPONSE_ID,
            Attribute.DURATION_MS,
            Attribute.STATUS,
            Attribute.SUCCESS,
            Attribute.DECISION,
            Attribute.TOOL_KIND,
            Attribute.ERROR_TYPE,
            Attribute.FUNCTION_ARGS),
    OPERATION_EXCEPTION(
            "gen_ai.client.operation.exception",
            "A model call failed by an exception; with GenAI 0.1 one that asks for no inference.",
            Attribute.SESSION_ID,
            Attribute.EXCEPTION_TYPE,
            Attribute.EXCEPTION_STACKTRACE,
            Attribute.EXCEPTION_MESSAGE),
    INFERENCE_EXCEPTION(
            Convention.V0_1,
            "gen_ai.client.inference.exception",
            "A model call failed by an exception.",
            Attribute.SESSION_ID,
            Attribute.EXCEPTION_TYPE,
            Attribute.EXCEPTION_STACKTRACE,
            Attribute.EXCEPTION_MESSAGE),
    MODEL_CALL_CONTENT(
            "gen_ai.client.inference.operation.details",
            "A model call ended; only where content is recorded on log events.",
            Attribute.SESSION_ID,
            Attribute.CONVERSATION_ID,
            Attribute.PROMPT_ID,
            Attribute.OPERATION_NAME,
            Attribute.PROVIDER_NAME,
            Attribute.REQUEST_MODEL,
            Attribute.RESPONSE_MODEL,
            Attribute.SERVER_ADDRESS,
            Attribute.SERVER_PORT,
            Attribute.ERROR_TYPE,
            Attribute.SYSTEM_INSTRUCTIONS,
            Attribute.INPUT_MESSAGES,
            Attribute.TOOL_DEFINITIONS,
            Attribute.OUTPUT_MESSAGES),
    FILE_OPERATION(
            "qwen-code.file_operation",
            "A tool worked on a file. Its name is not told.",
            Attribute.SESSION_ID,
            Attribute.PROMPT_ID,
            Attribute.FUNCTION_NAME,
            Attribute.CALL_ID,
            Attribute.FILE_OPERATION,
            Attribute.FILE_EXTENSION,
            Attribute.FILE_LINES),

    DAEMON_ERROR(
            "qwen-code.daemon.error",
            "A step of the bridge failed, or a request was answered with 5xx. One record for each failure: a request that"
                    + " failed for its step has that of the step, with its own status.",
            Attribute.HTTP_ROUTE,
            Attribute.HTTP_STATUS_CODE,
            Attribute.BRIDGE_OPERATION,
            Attribute.ERROR_TYPE,
            Attribute.EXCEPTION_TYPE,
            Attribute.ERROR_MESSAGE),
    PROMPT_CANCELLED("qwen-code.daemon.prompt.cancelled", "The dispatch of a prompt was cancelled."),
    CHANNEL_EXITED(
            "qwen-code.daemon.channel.exited",
            "A process ended.",
            Attribute.CHANNEL_EXIT_CODE,
            Attribute.CHANNEL_SIGNAL,
            Attribute.CHANNEL_SESSION_COUNT,
            Attribute.CHANNEL_EXPECTED),
    SESSION_DIED(
            "qwen-code.daemon.session.died",
            "A session was lost with its process, which was not meant to end; on the step that it broke."),
    CHANNEL_FAILED(
            "qwen-code.daemon.channel.liveness_failed",
            "The way to a process failed.",
            Attribute.CHANNEL_ID,
            Attribute.CHANNEL_SESSION_COUNT,
            Attribute.ERROR_TYPE),
    CHANNEL_RESTARTED(
            "qwen-code.daemon.channel.restarted",
            "A process took the place of another one.",
            Attribute.CHANNEL_ID,
            Attribute.PREVIOUS_CHANNEL_ID),
    CHANNEL_STDERR(
            "qwen-code.daemon.channel.stderr",
            "A line that a process wrote to stderr, as the body, without credentials, at most 1024 characters; only with"
                    + " `childStderr(…)`. On the dispatch that runs in the process, if there is one and no other. At most 200 at once"
                    + " and 20 a second for each process.",
            Attribute.CHANNEL_ID,
            Attribute.STDERR_LEFT_OUT),
    PERMISSION_CANCELLED(
            "qwen-code.daemon.permission.cancelled",
            "A question to the user was given up, or its step ended before the answer.",
            Attribute.PERMISSION_ID),
    INVALID_PARENT(
            "qwen-code.daemon.traceparent.invalid",
            "A client sent a `traceparent` that is none. At most 60 at once and two a second.",
            Attribute.HTTP_ROUTE,
            Attribute.TRACEPARENT_HEADER),
    STREAM_OPENED("qwen-code.daemon.sse.opened", "A stream of events began.", Attribute.HTTP_ROUTE),
    STREAM_CLOSED(
            "qwen-code.daemon.sse.closed",
            "A stream of events ended.",
            Attribute.HTTP_ROUTE,
            Attribute.SSE_DURATION,
            Attribute.SSE_FRAMES,
            Attribute.SSE_BACKPRESSURE,
            Attribute.SSE_MAX_DRAIN,
            Attribute.SSE_SLOW,
            Attribute.SSE_CLOSE_REASON,
            Attribute.SSE_LAST_EVENT,
            Attribute.SSE_PUBLISH_FAILURES,
            Attribute.SSE_STREAM_ID),
    STREAM_SLOW(
            "qwen-code.daemon.sse.slow_client",
            "The daemon warned that a client is slow. This and the next four: at most 20 for each stream.",
            Attribute.SSE_STREAM_ID),
    STREAM_EVICTED(
            "qwen-code.daemon.sse.evicted",
            "The daemon let a slow client go; on the dispatch of the same session, if one is under way.",
            Attribute.SSE_STREAM_ID),
    STREAM_RESYNC(
            "qwen-code.daemon.sse.resync_required",
            "A client must fetch the state anew, as events that it missed are gone.",
            Attribute.SSE_STREAM_ID),
    STREAM_RECONNECTED(
            "qwen-code.daemon.sse.reconnected",
            "A client came back.",
            Attribute.SSE_STREAM_ID,
            Attribute.SSE_PREVIOUS_STREAM_ID,
            Attribute.SSE_RECONNECT_REASON),
    STREAM_PUBLISH_FAILED(
            "qwen-code.daemon.sse.publish_failed",
            "An event could not be published, and the stream goes on.",
            Attribute.SSE_STREAM_ID,
            Attribute.ERROR_TYPE,
            Attribute.EXCEPTION_TYPE);

    public final String eventName;
    public final String description;
    public final List<Attribute> attributes;
    private final @Nullable Convention only;

    LogEvent(String eventName, String description, Attribute... attributes) {
        this(null, eventName, description, attributes);
    }

    LogEvent(@Nullable Convention only, String eventName, String description, Attribute... attributes) {
        this.only = only;
        this.eventName = eventName;
        this.description = description;
        this.attributes = List.of(attributes);
    }

    public boolean isOf(Convention convention) {
        return only == null || only == convention;
    }

    public boolean isOfADaemon() {
        return eventName.startsWith("qwen-code.daemon.");
    }
}
