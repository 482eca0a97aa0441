package dev.llmpropagation.daemon;

import static dev.llmpropagation.daemon.DaemonSpanType.BRIDGE;
import static dev.llmpropagation.daemon.DaemonSpanType.REQUEST;
import static io.opentelemetry.api.common.AttributeType.BOOLEAN;
import static io.opentelemetry.api.common.AttributeType.LONG;
import static io.opentelemetry.api.common.AttributeType.STRING;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.AttributeType;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Every attribute of a daemon's spans and log records. Rows of docs/daemon-reference.md. */
@SuppressWarnings("ImmutableEnumChecker") // keys and List.of are immutable
enum DaemonAttribute {
    SESSION_ID("session.id", STRING, "the session, as soon as it is known", REQUEST, BRIDGE),
    CONVERSATION_ID("gen_ai.conversation.id", STRING, "the same", REQUEST, BRIDGE),
    PROMPT_ID("qwen-code.prompt_id", STRING, "the prompt, as soon as it is known", REQUEST, BRIDGE),
    CLIENT_ID(
            "qwen-code.client_id",
            STRING,
            "the client: letters, digits and `._:-`, at most 128; else absent",
            REQUEST,
            BRIDGE),
    OPERATION("qwen-code.daemon.operation", STRING, "`http_request`, or the step of the bridge", REQUEST, BRIDGE),
    OUTCOME(
            "llm_propagation.outcome",
            STRING,
            "`completed`, `failed`, `cancelled`, `interrupted`, `timed_out` or `abandoned`",
            REQUEST,
            BRIDGE),
    ERROR_TYPE("error.type", STRING, "what went wrong", REQUEST, BRIDGE),
    ERROR_MESSAGE(
            "error.message",
            STRING,
            "the program's own words, without credentials, on one line, at most 1024 characters",
            REQUEST,
            BRIDGE),
    TTL_EXPIRED("qwen-code.span.ttl_expired", BOOLEAN, "true: nobody ended it, the safety net did", REQUEST, BRIDGE),
    SPAN_DURATION("qwen-code.span.duration_ms", LONG, "milliseconds, of such a span", REQUEST, BRIDGE),

    METHOD("http.request.method", STRING, "the method of the route", REQUEST),
    ROUTE(
            "http.route",
            STRING,
            "the route of the catalogue, method included but on a span of another instrumentation; never the path",
            REQUEST),
    STATUS_CODE("http.response.status_code", LONG, "the answer", REQUEST),
    WORKSPACE_HASH(
            "qwen-code.workspace.hash", STRING, "first 16 hex digits of the SHA-256 of the workspace's path", REQUEST),
    PERMISSION_ID("qwen-code.daemon.permission.request_id", STRING, "the question to the user", REQUEST),
    RUNTIME_WAIT("qwen-code.daemon.runtime.wait_ms", LONG, "milliseconds spent waiting for the process", REQUEST),
    RUNTIME_PATH("qwen-code.daemon.runtime.path", STRING, "`started_on_request` or `joined`", REQUEST),
    SSE_DURATION("qwen-code.daemon.sse.duration_ms", LONG, "milliseconds", REQUEST),
    SSE_FRAMES("qwen-code.daemon.sse.event_frames_write_settled", LONG, "events written", REQUEST),
    SSE_BACKPRESSURE("qwen-code.daemon.sse.backpressure_count", LONG, "waits for a slow client", REQUEST),
    SSE_MAX_DRAIN("qwen-code.daemon.sse.max_drain_wait_ms", LONG, "the longest of them, milliseconds", REQUEST),
    SSE_SLOW("qwen-code.daemon.sse.slow_warning_count", LONG, "warnings that the client is slow", REQUEST),
    SSE_CLOSE_REASON(
            "qwen-code.daemon.sse.close_reason",
            STRING,
            "`completed`, `client_closed`, `evicted`, `shutdown`, `failed`, or `abandoned` by the safety net",
            REQUEST),
    SSE_LAST_EVENT("qwen-code.daemon.sse.last_event_id_written", STRING, "id of the last event", REQUEST),
    SSE_RESUME_FROM("qwen-code.daemon.sse.resume_from_event_id", STRING, "where the client asked to go on", REQUEST),

    BRIDGE_OPERATION("qwen-code.daemon.bridge.operation", STRING, "the step", BRIDGE),
    QUEUE_WAIT("qwen-code.daemon.prompt.queue_wait_ms", LONG, "milliseconds in the queue, of a queued prompt", BRIDGE),

    EXIT_CODE("qwen-code.daemon.channel.exit_code", LONG, "-1 if unknown"),
    SIGNAL("qwen-code.daemon.channel.signal", STRING, "what killed the process"),
    SESSION_COUNT("qwen-code.daemon.channel.session_count", LONG, "sessions that the process had"),
    EXPECTED("qwen-code.daemon.channel.expected", BOOLEAN, "whether the daemon meant it to end"),
    CHANNEL_ID("qwen-code.daemon.acp_channel.id", STRING, "the process, in this daemon"),
    INVALID_HEADER("http.request.header.traceparent", STRING, "as the client sent it");

    private static final Set<String> NAMES =
            Arrays.stream(values()).map(attribute -> attribute.key.getKey()).collect(Collectors.toUnmodifiableSet());

    final AttributeKey<?> key;
    final String description;

    /** None for events alone. */
    final List<DaemonSpanType> spans;

    DaemonAttribute(String name, AttributeType type, String description, DaemonSpanType... spans) {
        this.key = type == LONG
                ? AttributeKey.longKey(name)
                : type == BOOLEAN ? AttributeKey.booleanKey(name) : AttributeKey.stringKey(name);
        this.description = description;
        this.spans = List.of(spans);
    }

    /** Whether only the library sets it. */
    static boolean isReserved(String name) {
        return NAMES.contains(name);
    }

    /** The key, for values of its type. */
    @SuppressWarnings("unchecked") // a test writes every attribute and compares its type with the table
    <T> AttributeKey<T> key() {
        return (AttributeKey<T>) key;
    }
}
