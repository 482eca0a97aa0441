package dev.llmpropagation.internal.span;

import io.opentelemetry.api.trace.SpanKind;
import org.jspecify.annotations.Nullable;

/**
 * Every span that this library makes: name, kind and place. Rows of docs/telemetry-reference.md and
 * docs/daemon-reference.md.
 */
public enum SpanType {
    INTERACTION(
            "qwen-code.interaction",
            "invoke_agent",
            SpanKind.INTERNAL,
            "interaction_error",
            "root of its trace, or the Context given to it",
            "One prompt, from its start to the final answer, with all tools and model calls."),
    LLM_REQUEST(
            "qwen-code.llm_request",
            null,
            SpanKind.CLIENT,
            "llm_error",
            "innermost open subagent, tool or interaction of the same prompt; else the current Context",
            "One model call, around all its wire attempts."),
    TOOL(
            "qwen-code.tool",
            "execute_tool",
            SpanKind.INTERNAL,
            "tool_error",
            "as qwen-code.llm_request",
            "One tool call that the model asked for: approval wait and execution."),
    TOOL_EXECUTION(
            "qwen-code.tool.execution",
            null,
            SpanKind.INTERNAL,
            "tool_execution_error",
            "its tool",
            "The run of a tool, without the wait for approval. Only where a run was attempted."),
    APPROVAL(
            "qwen-code.tool.blocked_on_user",
            null,
            SpanKind.INTERNAL,
            "approval_error",
            "its tool",
            "The wait for somebody to allow a tool. Its status is never an error."),
    HOOK(
            "qwen-code.hook",
            null,
            SpanKind.INTERNAL,
            "hook_error",
            "innermost open tool, subagent or interaction; else the current Context",
            "A hook of the program's user. Only a hook that throws is an error; one that blocks is not."),
    SUBAGENT(
            "qwen-code.subagent",
            "invoke_agent",
            SpanKind.INTERNAL,
            "subagent_error",
            "foreground: as qwen-code.tool; fork and background: root of its own trace, with a link to the invoker (`qwen-code.link.kind` is `invoker`)",
            "An agent that runs for another one."),
    HTTP_ATTEMPT(
            "{method}",
            null,
            SpanKind.CLIENT,
            "",
            "the model call, or the caller's span",
            "One wire attempt, by the HTTP conventions, until the end of its body."),
    DAEMON_REQUEST(
            "qwen-code.daemon.request",
            null,
            SpanKind.SERVER,
            "",
            "the client's span, or none",
            "One request of a client, until its response; or its stream of events, until that is closed. INTERNAL if asked"
                    + " for."),
    DAEMON_BRIDGE(
            "qwen-code.daemon.bridge",
            null,
            SpanKind.INTERNAL,
            "",
            "the span that is current; for a queued prompt, that of its request",
            "One step on the way between clients and the processes of agents."),
    MCP_CLIENT(
            "{mcp.method.name} {target}",
            null,
            SpanKind.CLIENT,
            "",
            "the current Context: within a tool, that tool",
            "One request over MCP, from its sending to its response; of a server, too, that asks its client."),
    MCP_SERVER(
            "{mcp.method.name} {target}",
            null,
            SpanKind.SERVER,
            "",
            "the client's span in `_meta`, with a link to a span that is current; without one, that",
            "One request over MCP, from its arrival to its response; of a client, too, that is asked by its server.");

    public final String referenceName;

    /** {@code gen_ai.operation.name} of all such spans; null where there is none, or more than one. */
    public final @Nullable String operation;

    public final SpanKind kind;
    public final String errorType;
    public final String parent;
    public final String description;

    SpanType(
            String referenceName,
            @Nullable String operation,
            SpanKind kind,
            String errorType,
            String parent,
            String description) {
        this.referenceName = referenceName;
        this.operation = operation;
        this.kind = kind;
        this.errorType = errorType;
        this.parent = parent;
        this.description = description;
    }

    public boolean isOfADaemon() {
        return this == DAEMON_REQUEST || this == DAEMON_BRIDGE;
    }

    public boolean isOfMcp() {
        return this == MCP_CLIENT || this == MCP_SERVER;
    }

    /** Whether it is of an agent, or of the wire attempts that its model calls make. */
    public boolean isOfAnAgent() {
        return !isOfADaemon() && !isOfMcp();
    }

    /** Whether it is the parent of spans that are started inside it. */
    public boolean isScope() {
        return this == INTERACTION || this == TOOL || this == SUBAGENT;
    }

    /** Whether an error shows in the status; it does in the attributes. */
    public boolean showsErrors() {
        return this != APPROVAL;
    }

    /** Whether the class of an exception is the error type. Else it is the one word of this type of span. */
    public boolean namesExceptions() {
        return this != TOOL && this != HOOK;
    }
}
