package dev.llmpropagation.internal.span;

import static dev.llmpropagation.internal.span.SpanType.APPROVAL;
import static dev.llmpropagation.internal.span.SpanType.DAEMON_BRIDGE;
import static dev.llmpropagation.internal.span.SpanType.DAEMON_REQUEST;
import static dev.llmpropagation.internal.span.SpanType.HOOK;
import static dev.llmpropagation.internal.span.SpanType.HTTP_ATTEMPT;
import static dev.llmpropagation.internal.span.SpanType.INTERACTION;
import static dev.llmpropagation.internal.span.SpanType.LLM_REQUEST;
import static dev.llmpropagation.internal.span.SpanType.MCP_CLIENT;
import static dev.llmpropagation.internal.span.SpanType.MCP_SERVER;
import static dev.llmpropagation.internal.span.SpanType.SUBAGENT;
import static dev.llmpropagation.internal.span.SpanType.TOOL;
import static dev.llmpropagation.internal.span.SpanType.TOOL_EXECUTION;
import static io.opentelemetry.api.common.AttributeType.BOOLEAN;
import static io.opentelemetry.api.common.AttributeType.DOUBLE;
import static io.opentelemetry.api.common.AttributeType.LONG;
import static io.opentelemetry.api.common.AttributeType.STRING;
import static io.opentelemetry.api.common.AttributeType.STRING_ARRAY;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.AttributeType;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Every attribute of spans, metrics and log events, but for those of the HTTP convention on attempts: rows of
 * docs/telemetry-reference.md and docs/daemon-reference.md. {@link Metric} and {@link LogEvent} say which of them they
 * have. A name stands nowhere else.
 */
@SuppressWarnings("ImmutableEnumChecker") // keys and List.of are immutable
public enum Attribute {
    SESSION_ID(
            "session.id",
            STRING,
            "the session, as soon as it is known; a server of MCP is not told it by its client",
            SpanType.values()),
    CONVERSATION_ID("gen_ai.conversation.id", STRING, "the same", SpanType.values()),
    OUTCOME(
            "llm_propagation.outcome",
            STRING,
            "`completed`, `failed`, `cancelled`, `interrupted`, `timed_out` or `abandoned`",
            SpanType.values()),
    SUCCESS("success", BOOLEAN, "true only when completed", agents()),
    ERROR_TYPE(
            "error.type",
            STRING,
            "for `failed` and `timed_out`, and of an agent's span for `abandoned`; of an interaction, a subagent or the run of"
                    + " a tool the class of its exception, else the program's own word, else a fixed one, as `interaction_error`; of an"
                    + " attempt, its status from 400 on, else the class of the exception that the program gets; of a model call also the"
                    + " service's code, `invalid_response` and `incomplete_response`; of a daemon a kind of `DaemonError`, one of"
                    + " `errorKinds(…)`, or `unknown`, and of a request of which nobody said more its status or `stream`; on a request that is"
                    + " none of these, as one that was answered with 404, the reason that `error(…)` gave; over MCP the code of the error,"
                    + " `tool_error`, `timeout`, `session_lost`, `abandoned` or the class of an exception",
            SpanType.values()),
    ERROR("error", STRING, "the program's own words, if it gave some; else a fixed text", agents()),
    DURATION_MS("duration_ms", LONG, "milliseconds", LLM_REQUEST, TOOL, TOOL_EXECUTION, APPROVAL, HOOK),
    TTL_EXPIRED("qwen-code.span.ttl_expired", BOOLEAN, "true if nobody ended the span; else absent", ours()),
    SPAN_DURATION_MS("qwen-code.span.duration_ms", LONG, "milliseconds, if nobody ended the span", ours()),
    OPERATION_NAME(
            "gen_ai.operation.name",
            STRING,
            "`invoke_agent`, `execute_tool`, or that of the model call; over MCP of each tool call, on metrics too, but not"
                    + " on the CLIENT span within a tool of an agent here",
            INTERACTION,
            LLM_REQUEST,
            TOOL,
            SUBAGENT,
            MCP_CLIENT,
            MCP_SERVER),
    AGENT_NAME(
            "gen_ai.agent.name",
            STRING,
            "the agent, or the agent that the tool works for, if the program gave it a name",
            INTERACTION,
            TOOL,
            SUBAGENT),
    AGENT_DESCRIPTION("gen_ai.agent.description", STRING, "at most 1024 characters", SUBAGENT),
    USER_ID("gen_ai.user.id", STRING, "if the interaction was given one", INTERACTION, LLM_REQUEST, TOOL),
    OUTPUT_TYPE("gen_ai.output.type", STRING, "`json` if asked for", INTERACTION, LLM_REQUEST),
    SYSTEM_INSTRUCTIONS(
            "gen_ai.system_instructions", STRING, "content: instructions beside the messages, as JSON", LLM_REQUEST),
    INPUT_MESSAGES(
            "gen_ai.input.messages",
            STRING,
            "content: the prompt; of a model call all messages of the request, as JSON",
            INTERACTION,
            LLM_REQUEST),
    TOOL_DEFINITIONS("gen_ai.tool.definitions", STRING, "content: what the model may call, as JSON", LLM_REQUEST),
    OUTPUT_MESSAGES(
            "gen_ai.output.messages",
            STRING,
            "content: the final answer; of a model call a message for each choice, as JSON",
            INTERACTION,
            LLM_REQUEST),
    PROMPT_ID(
            "qwen-code.prompt_id",
            STRING,
            "the prompt, as soon as it is known; on spans of agents other than interaction and llm request by `SessionSpanProcessor`",
            Arrays.stream(SpanType.values()).filter(type -> !type.isOfMcp()).toArray(SpanType[]::new)),
    MESSAGE_TYPE("qwen-code.message_type", STRING, "as the program says", INTERACTION),
    MODEL("qwen-code.model", STRING, "the model at the start", INTERACTION),
    APPROVAL_MODE("qwen-code.approval_mode", STRING, "as the program says", INTERACTION),
    SEQUENCE("interaction.sequence", LONG, "count of interactions in this process, from 1", INTERACTION),
    INTERACTION_DURATION_MS("interaction.duration_ms", LONG, "milliseconds", INTERACTION),
    TURN_STATUS("qwen-code.turn_status", STRING, "`ok`, `error` or `cancelled`", INTERACTION),
    LLM_CONTEXT("llm_request.context", STRING, "`subagent`, `interaction` or `standalone`", LLM_REQUEST),
    PROVIDER_NAME("gen_ai.provider.name", STRING, "the service", LLM_REQUEST),
    REQUEST_MODEL("gen_ai.request.model", STRING, "the model that was asked for", LLM_REQUEST, SUBAGENT),
    REQUEST_STREAM("gen_ai.request.stream", BOOLEAN, "true if streamed; else absent", LLM_REQUEST),
    SERVER_ADDRESS("server.address", STRING, "host of the service", LLM_REQUEST, MCP_CLIENT),
    SERVER_PORT("server.port", LONG, "its port", LLM_REQUEST, MCP_CLIENT),
    REQUEST_CHOICE_COUNT("gen_ai.request.choice.count", LONG, "if not 1", LLM_REQUEST),
    REQUEST_MAX_TOKENS("gen_ai.request.max_tokens", LONG, "as asked for", LLM_REQUEST),
    REQUEST_TEMPERATURE("gen_ai.request.temperature", DOUBLE, "as asked for", LLM_REQUEST),
    REQUEST_TOP_P("gen_ai.request.top_p", DOUBLE, "as asked for", LLM_REQUEST),
    REQUEST_TOP_K("gen_ai.request.top_k", LONG, "as asked for", LLM_REQUEST),
    REQUEST_FREQUENCY_PENALTY("gen_ai.request.frequency_penalty", DOUBLE, "as asked for", LLM_REQUEST),
    REQUEST_PRESENCE_PENALTY("gen_ai.request.presence_penalty", DOUBLE, "as asked for", LLM_REQUEST),
    REQUEST_SEED("gen_ai.request.seed", LONG, "as asked for", LLM_REQUEST),
    REQUEST_STOP_SEQUENCES("gen_ai.request.stop_sequences", STRING_ARRAY, "as asked for", LLM_REQUEST),
    REQUEST_REASONING_LEVEL("gen_ai.request.reasoning.level", STRING, "as asked for", LLM_REQUEST),
    REQUEST_PREVIOUS_RESPONSE_ID("gen_ai.request.previous_response.id", STRING, "as asked for", LLM_REQUEST),
    REQUEST_ENCODING_FORMATS("gen_ai.request.encoding_formats", STRING_ARRAY, "embeddings", LLM_REQUEST),
    EMBEDDINGS_DIMENSION_COUNT("gen_ai.embeddings.dimension.count", LONG, "embeddings", LLM_REQUEST),
    OPENAI_API_TYPE("openai.api.type", STRING, "`chat_completions` or `responses`", LLM_REQUEST),
    OPENAI_REQUEST_SERVICE_TIER("openai.request.service_tier", STRING, "unless `auto`", LLM_REQUEST),
    OPENAI_RESPONSE_SERVICE_TIER("openai.response.service_tier", STRING, "as the service says", LLM_REQUEST),
    OPENAI_RESPONSE_SYSTEM_FINGERPRINT(
            "openai.response.system_fingerprint", STRING, "as the service says", LLM_REQUEST),
    INPUT_TOKENS(
            "gen_ai.usage.input_tokens",
            LONG,
            "all of the prompt, cached ones included; as reported, never a guess",
            LLM_REQUEST),
    OUTPUT_TOKENS("gen_ai.usage.output_tokens", LONG, "reasoning included", LLM_REQUEST),
    CACHE_READ_TOKENS("gen_ai.usage.cache_read.input_tokens", LONG, "part of the input", LLM_REQUEST),
    CACHE_WRITE_TOKENS("gen_ai.usage.cache_write.input_tokens", LONG, "part of the input", LLM_REQUEST),
    REASONING_TOKENS("gen_ai.usage.reasoning.output_tokens", LONG, "part of the output", LLM_REQUEST),
    TEXT_INPUT_TOKENS("gen_ai.usage.text.input_tokens", LONG, Convention.V0_1, "part of the input", LLM_REQUEST),
    TEXT_OUTPUT_TOKENS("gen_ai.usage.text.output_tokens", LONG, Convention.V0_1, "part of the output", LLM_REQUEST),
    TEXT_CACHE_READ_TOKENS(
            "gen_ai.usage.text.cache_read.input_tokens",
            LONG,
            Convention.V0_1,
            "part of the cached input",
            LLM_REQUEST),
    IMAGE_INPUT_TOKENS("gen_ai.usage.image.input_tokens", LONG, Convention.V0_1, "part of the input", LLM_REQUEST),
    IMAGE_OUTPUT_TOKENS("gen_ai.usage.image.output_tokens", LONG, Convention.V0_1, "part of the output", LLM_REQUEST),
    IMAGE_CACHE_READ_TOKENS(
            "gen_ai.usage.image.cache_read.input_tokens",
            LONG,
            Convention.V0_1,
            "part of the cached input",
            LLM_REQUEST),
    AUDIO_INPUT_TOKENS("gen_ai.usage.audio.input_tokens", LONG, Convention.V0_1, "part of the input", LLM_REQUEST),
    AUDIO_OUTPUT_TOKENS("gen_ai.usage.audio.output_tokens", LONG, Convention.V0_1, "part of the output", LLM_REQUEST),
    AUDIO_CACHE_READ_TOKENS(
            "gen_ai.usage.audio.cache_read.input_tokens",
            LONG,
            Convention.V0_1,
            "part of the cached input",
            LLM_REQUEST),
    COMPACTED(
            "gen_ai.conversation.compacted",
            BOOLEAN,
            Convention.V0_1,
            "true if what is asked begins with a compacted form of the conversation; else absent",
            LLM_REQUEST),
    ATTEMPTS("llm_propagation.attempts", LONG, "wire attempts, if more than one", LLM_REQUEST),
    STREAM_TIMED_OUT(
            "stream.timed_out",
            BOOLEAN,
            "true if the safety net ended a response that stood still; else absent",
            LLM_REQUEST),
    STREAM_IDLE("llm_propagation.stream.idle", STRING, "whose turn it was then: `service` or `consumer`", LLM_REQUEST),
    RESPONSE_ID("gen_ai.response.id", STRING, "as the service says", LLM_REQUEST),
    RESPONSE_MODEL("gen_ai.response.model", STRING, "as the service says; no fallback", LLM_REQUEST),
    FINISH_REASONS(
            "gen_ai.response.finish_reasons",
            STRING_ARRAY,
            "by candidate; `error` where a response ended without one",
            LLM_REQUEST),
    TIME_TO_FIRST_CHUNK("gen_ai.response.time_to_first_chunk", DOUBLE, "seconds; streams only", LLM_REQUEST),
    TOOL_NAME("gen_ai.tool.name", STRING, "the tool", TOOL, TOOL_EXECUTION, MCP_CLIENT, MCP_SERVER),
    TOOL_TYPE("gen_ai.tool.type", STRING, "`function` unless the program says otherwise", TOOL),
    TOOL_CALL_ID("gen_ai.tool.call.id", STRING, "the model's id of the call", TOOL),
    CALL_ID("tool.call_id", STRING, "the same", TOOL, TOOL_EXECUTION, APPROVAL),
    TOOL_DESCRIPTION("gen_ai.tool.description", STRING, "at most 4096 characters", TOOL),
    TOOL_ARGUMENTS("gen_ai.tool.call.arguments", STRING, "content: the arguments", TOOL, MCP_CLIENT, MCP_SERVER),
    TOOL_RESULT("gen_ai.tool.call.result", STRING, "content: the result", TOOL, MCP_CLIENT, MCP_SERVER),
    FAILURE_KIND(
            "tool.failure_kind",
            STRING,
            "why the tool did not succeed; `error.type` is `tool_error` whichever it is, unless the program names one",
            TOOL),
    EXECUTION_STATUS("execution_status", STRING, "`success`, `error`, `cancelled` or `unknown`", TOOL_EXECUTION),
    BARE_TOOL_NAME("tool.name", STRING, "the tool", APPROVAL, HOOK),
    DECISION(
            "decision",
            STRING,
            "`proceed_once`, `proceed_always`, `cancel`, `aborted`, `auto_approved` or `error`",
            APPROVAL),
    SOURCE("source", STRING, "who decided: `cli`, `ide`, `hook`, `auto` or `system`", APPROVAL),
    HOOK_EVENT("hook_event", STRING, "what the hook is for", HOOK),
    TOOL_USE_ID("tool.use_id", STRING, "the call that the hook is about", HOOK),
    IS_INTERRUPT("is_interrupt", BOOLEAN, "true if the user interrupted the tool; else absent", HOOK),
    SHOULD_PROCEED("should_proceed", BOOLEAN, "what the hook decided", HOOK),
    SHOULD_STOP("should_stop", BOOLEAN, "what the hook decided", HOOK),
    BLOCK_TYPE("block_type", STRING, "`denied`, `ask` or `stop`, if the hook blocked", HOOK),
    HAS_ADDITIONAL_CONTEXT("has_additional_context", BOOLEAN, "whether the hook had something to add", HOOK),
    POST_BATCH_STOP("post_batch_stop", BOOLEAN, "true if the hook stopped the turn after a batch of tools", HOOK),
    POST_BATCH_STOP_REASON("post_batch_stop_reason", STRING, "the hook's own words", HOOK),
    SUBAGENT_ID("qwen-code.subagent.id", STRING, "as the program says", SUBAGENT),
    SUBAGENT_NAME("qwen-code.subagent.name", STRING, "as `gen_ai.agent.name`", SUBAGENT),
    SUBAGENT_KIND("qwen-code.subagent.invocation_kind", STRING, "`foreground`, `fork` or `background`", SUBAGENT),
    SUBAGENT_BUILT_IN("qwen-code.subagent.is_built_in", BOOLEAN, "as the program says", SUBAGENT),
    SUBAGENT_DEPTH("qwen-code.subagent.depth", LONG, "subagents around this one", SUBAGENT),
    SUBAGENT_PARENT("qwen-code.subagent.parent_agent_id", STRING, "id of the subagent around this one", SUBAGENT),
    SUBAGENT_REQUEST("qwen-code.subagent.invoking_request_id", STRING, "as the program says", SUBAGENT),
    SUBAGENT_STATUS("qwen-code.subagent.status", STRING, "`completed`, `failed`, `cancelled` or `aborted`", SUBAGENT),
    SUBAGENT_TERMINATE_REASON("qwen-code.subagent.terminate_reason", STRING, "as the program says", SUBAGENT),
    SUBAGENT_DURATION_MS("qwen-code.subagent.duration_ms", LONG, "milliseconds", SUBAGENT),
    SUBAGENT_HAS_SUMMARY(
            "qwen-code.subagent.result_summary_present", BOOLEAN, "whether it came back with a summary", SUBAGENT),
    TIME_TO_FIRST_BYTE(
            "llm_propagation.time_to_first_byte", DOUBLE, "seconds until the response headers", HTTP_ATTEMPT),
    FROM_CACHE("llm_propagation.from_cache", BOOLEAN, "true if OkHttp's cache answered; else absent", HTTP_ATTEMPT),
    REQUEST_ID("llm_propagation.request_id", STRING, "the attempt's own id, if sent", HTTP_ATTEMPT),
    DNS_DURATION(
            "llm_propagation.dns.duration",
            DOUBLE,
            "seconds for finding the addresses of the service, or of its proxy; with connection phases, as the next three",
            HTTP_ATTEMPT),
    CONNECT_DURATION(
            "llm_propagation.connect.duration",
            DOUBLE,
            "seconds until the connection stood, what a proxy asks for included; TLS is not",
            HTTP_ATTEMPT),
    TLS_DURATION("llm_propagation.tls.duration", DOUBLE, "seconds", HTTP_ATTEMPT),
    TIME_TO_REQUEST_SENT(
            "llm_propagation.time_to_request_sent",
            DOUBLE,
            "seconds until the last byte of the request was written",
            HTTP_ATTEMPT),
    RESENT_COUNT(
            "llm_propagation.resent.count",
            LONG,
            "of the span event `llm_propagation.resent`: how often OkHttp itself sent the request again",
            HTTP_ATTEMPT),
    CLIENT_ID(
            "qwen-code.client_id",
            STRING,
            "the client: letters, digits and `._:-`, at most 128; else absent",
            DAEMON_REQUEST,
            DAEMON_BRIDGE),
    DAEMON_OPERATION(
            "qwen-code.daemon.operation",
            STRING,
            "`http_request`, or the step of the bridge",
            DAEMON_REQUEST,
            DAEMON_BRIDGE),
    ERROR_MESSAGE(
            "error.message",
            STRING,
            "the program's own words, without credentials, on one line, at most 1024 characters; on events, where it gave"
                    + " none, the step or the response and how it ended, as `prompt.dispatch failed`",
            DAEMON_REQUEST,
            DAEMON_BRIDGE),
    HTTP_METHOD("http.request.method", STRING, "the method of the route", DAEMON_REQUEST),
    HTTP_ROUTE(
            "http.route",
            STRING,
            "the route of the catalogue, method included but on a span of another instrumentation; never the path",
            DAEMON_REQUEST),
    HTTP_STATUS_CODE("http.response.status_code", LONG, "the response", DAEMON_REQUEST),
    WORKSPACE_HASH(
            "qwen-code.workspace.hash",
            STRING,
            "first 16 hex digits of the SHA-256 of the workspace's path",
            DAEMON_REQUEST),
    PERMISSION_ID(
            "qwen-code.daemon.permission.request_id",
            STRING,
            "the question to the user: of the wait, and of the request that answers it",
            DAEMON_REQUEST,
            DAEMON_BRIDGE,
            APPROVAL),
    PERMISSIONS_LEFT_OUT(
            "qwen-code.daemon.permission.left_out",
            LONG,
            "questions to the user that were too many: more than 100 open at once",
            DAEMON_BRIDGE),
    RUNTIME_WAIT(
            "qwen-code.daemon.runtime.wait_ms", LONG, "milliseconds spent waiting for the process", DAEMON_REQUEST),
    RUNTIME_PATH("qwen-code.daemon.runtime.path", STRING, "`started_on_request` or `joined`", DAEMON_REQUEST),
    SSE_DURATION("qwen-code.daemon.sse.duration_ms", LONG, "milliseconds", DAEMON_REQUEST),
    SSE_FRAMES("qwen-code.daemon.sse.event_frames_write_settled", LONG, "writes, heartbeats too", DAEMON_REQUEST),
    SSE_BACKPRESSURE("qwen-code.daemon.sse.backpressure_count", LONG, "waits for a slow client", DAEMON_REQUEST),
    SSE_MAX_DRAIN("qwen-code.daemon.sse.max_drain_wait_ms", LONG, "the longest of them, milliseconds", DAEMON_REQUEST),
    SSE_SLOW("qwen-code.daemon.sse.slow_warning_count", LONG, "warnings that the client is slow", DAEMON_REQUEST),
    SSE_CLOSE_REASON(
            "qwen-code.daemon.sse.close_reason",
            STRING,
            "`completed`, `client_closed`, `evicted`, `shutdown`, `failed`, or `abandoned` by the safety net",
            DAEMON_REQUEST),
    SSE_LAST_EVENT("qwen-code.daemon.sse.last_event_id_written", STRING, "id of the last event", DAEMON_REQUEST),
    SSE_RESUME_FROM(
            "qwen-code.daemon.sse.resume_from_event_id", STRING, "where the client asked to go on", DAEMON_REQUEST),
    SSE_STREAM_ID("qwen-code.daemon.sse.stream_id", STRING, "the stream, in this daemon", DAEMON_REQUEST),
    SSE_PREVIOUS_STREAM_ID(
            "qwen-code.daemon.sse.previous_stream_id",
            STRING,
            "the stream that this one goes on for, after a reconnect",
            DAEMON_REQUEST),
    SSE_RECONNECT_REASON(
            "qwen-code.daemon.sse.reconnect_reason",
            STRING,
            "why that one ended, as `qwen-code.daemon.sse.close_reason`",
            DAEMON_REQUEST),
    SSE_PUBLISH_FAILURES(
            "qwen-code.daemon.sse.publish_failure_count",
            LONG,
            "events that could not be published, while the stream went on",
            DAEMON_REQUEST),
    BRIDGE_OPERATION("qwen-code.daemon.bridge.operation", STRING, "the step", DAEMON_BRIDGE),
    QUEUE_WAIT(
            "qwen-code.daemon.prompt.queue_wait_ms",
            LONG,
            "milliseconds in the queue, of a queued prompt",
            DAEMON_BRIDGE),
    CHANNEL_EXIT_CODE("qwen-code.daemon.channel.exit_code", LONG, "-1 if unknown"),
    CHANNEL_SIGNAL("qwen-code.daemon.channel.signal", STRING, "what killed the process"),
    CHANNEL_SESSION_COUNT("qwen-code.daemon.channel.session_count", LONG, "sessions that the process had"),
    CHANNEL_EXPECTED("qwen-code.daemon.channel.expected", BOOLEAN, "whether the daemon meant it to end"),
    CHANNEL_ID("qwen-code.daemon.acp_channel.id", STRING, "the process, in this daemon"),
    PREVIOUS_CHANNEL_ID("qwen-code.daemon.acp_channel.previous_id", STRING, "the process whose place this one takes"),
    STDERR_LEFT_OUT(
            "qwen-code.daemon.channel.stderr_left_out",
            LONG,
            "lines of this process that were too many before this one"),
    TRACEPARENT_HEADER(
            "http.request.header.traceparent", STRING, "as the client sent it: one line, at most 128 characters"),
    MCP_METHOD("mcp.method.name", STRING, "the method", MCP_CLIENT, MCP_SERVER),
    MCP_SESSION_ID(
            "mcp.session.id", STRING, "of a server over HTTP: the id that it gave the client", MCP_CLIENT, MCP_SERVER),
    MCP_PROTOCOL_VERSION("mcp.protocol.version", STRING, "as both sides agreed", MCP_CLIENT, MCP_SERVER),
    MCP_RESOURCE_URI(
            "mcp.resource.uri",
            STRING,
            "the resource that is read or subscribed to, without user info, query and fragment",
            MCP_CLIENT,
            MCP_SERVER),
    PROMPT_NAME("gen_ai.prompt.name", STRING, "the prompt, of MCP", MCP_CLIENT, MCP_SERVER),
    JSONRPC_REQUEST_ID("jsonrpc.request.id", STRING, "the request's id", MCP_CLIENT, MCP_SERVER),
    JSONRPC_PROTOCOL_VERSION("jsonrpc.protocol.version", STRING, "if not 2.0", MCP_CLIENT, MCP_SERVER),
    RPC_STATUS_CODE("rpc.response.status_code", STRING, "the code of a JSON-RPC error", MCP_CLIENT, MCP_SERVER),
    NETWORK_TRANSPORT("network.transport", STRING, "`pipe` or `tcp`", MCP_CLIENT, MCP_SERVER),
    NETWORK_PROTOCOL_NAME("network.protocol.name", STRING, "`http`, if it is", MCP_CLIENT, MCP_SERVER),
    FILE_OPERATION("operation", STRING, "`create`, `read`, `update` or `delete`"),
    FILE_EXTENSION(
            "extension", STRING, "of the file's name: at most 10 letters and digits; of metrics 30, then `_OTHER`"),
    FILE_LINES("lines", LONG, "lines that were written or read"),
    SSE_EVENT("event", STRING, "`slow_client`, `evicted`, `resync_required`, `reconnected` or `publish_failed`"),
    WORKSPACE("workspace", STRING, "as `qwen-code.workspace.hash`: at most 30, then `_OTHER`; absent if not told"),
    FUNCTION_NAME("function_name", STRING, "the tool"),
    TOOL_KIND("tool_type", STRING, "where the tool comes from, as `native` or `mcp`"),
    STATUS("status", STRING, "how it ended"),
    TOKEN_TYPE("gen_ai.token.type", STRING, Convention.EARLIER, "`input` or `output`"),
    TOKEN_MODALITY("gen_ai.token.modality", STRING, Convention.V0_1, "`text`, `image`, `audio` or `unknown`"),
    EXCEPTION_TYPE("exception.type", STRING, "its class"),
    EXCEPTION_STACKTRACE("exception.stacktrace", STRING, "its stack trace, without messages"),
    EXCEPTION_MESSAGE("exception.message", STRING, "content: its words"),
    RETRIED_MODEL("model", STRING, "the model that was asked for"),
    PREVIOUS_SESSION_ID("session.previous_id", STRING, "the session before"),
    PROMPT("prompt", STRING, "content: the prompt"),
    PROMPT_LENGTH("prompt_length", LONG, "characters of the prompt"),
    FUNCTION_ARGS("function_args", STRING, "content: the arguments"),
    EVENT_APPROVAL_MODE("approval_mode", STRING, "as the program says"),
    ROUTE("route", STRING, "the route of the catalogue"),
    STATUS_CLASS("status_class", STRING, "`1xx` to `5xx`, or `none`"),
    RUNTIME("runtime_path", STRING, "`started_on_request` or `joined`"),
    ACTION("action", STRING, "`spawn`, `restart` or `exit` of a process; `spawn`, `close` or `die` of a session"),
    EXPECTED("expected", BOOLEAN, "whether the daemon meant the process to end"),
    FAILURE("error_type", STRING, "as `error.type` of spans and log records"),
    DIRECTION("direction", STRING, "`inbound` or `outbound`"),
    LINK_KIND("qwen-code.link.kind", STRING, "of a link: `invoker` or `caller`");

    /** Characters of most texts. */
    public static final int MAX_LENGTH = 256;

    private final AttributeKey<?> key;
    public final String description;
    public final List<SpanType> spans;
    private final @Nullable Convention only;

    Attribute(String name, AttributeType type, String description, SpanType... spans) {
        this(name, type, null, description, spans);
    }

    /**
     * @param only the set of names that it is of; null for both
     * @param spans none for metrics, log events and span events alone
     */
    Attribute(String name, AttributeType type, @Nullable Convention only, String description, SpanType... spans) {
        this.only = only;
        this.key = key(name, type);
        this.description = description;
        this.spans = List.of(spans);
    }

    static AttributeKey<?> key(String name, AttributeType type) {
        return switch (type) {
            case BOOLEAN -> AttributeKey.booleanKey(name);
            case LONG -> AttributeKey.longKey(name);
            case DOUBLE -> AttributeKey.doubleKey(name);
            case STRING_ARRAY -> AttributeKey.stringArrayKey(name);
            default -> AttributeKey.stringKey(name);
        };
    }

    /** The key, for values of its type. */
    @SuppressWarnings("unchecked") // a test writes every attribute and compares its type with the table
    public <T> AttributeKey<T> key() {
        return (AttributeKey<T>) key;
    }

    /** Whether it is this one, by name and type. */
    public boolean is(AttributeKey<?> other) {
        return key.equals(other);
    }

    public boolean isOf(Convention convention) {
        return only == null || only == convention;
    }

    /** Characters of its text, or of each of its texts; 0 if it is none, or content, which has a bound of its own. */
    public int maxLength() {
        boolean text = key.getType() == STRING || key.getType() == STRING_ARRAY;
        return text ? TextBounds.of(this) : 0;
    }

    /** As it may stand on a span: visible characters, and no more than {@link #maxLength()} of them. */
    public String shown(String value) {
        int max = maxLength();
        return max == 0 ? SpanText.wellFormed(value) : SpanText.visible(value, max);
    }

    public void put(AttributeSink to, @Nullable String value) {
        if (value != null) {
            to.put(this.<String>key(), shown(value));
        }
    }

    public void put(AttributeSink to, boolean value) {
        to.put(this.<Boolean>key(), value);
    }

    public void put(AttributeSink to, long value) {
        to.put(this.<Long>key(), value);
    }

    private static SpanType[] agents() {
        return Arrays.stream(ours()).filter(SpanType::isOfAnAgent).toArray(SpanType[]::new);
    }

    private static SpanType[] ours() {
        return Arrays.stream(SpanType.values())
                .filter(type -> type != HTTP_ATTEMPT)
                .toArray(SpanType[]::new);
    }
}
