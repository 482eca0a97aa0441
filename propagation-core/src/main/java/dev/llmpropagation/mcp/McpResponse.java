package dev.llmpropagation.mcp;

import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.SpanType;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a request led to.
 *
 * @param code of a JSON-RPC error, or null
 * @param result of one that was no error: an object of the SDK's at the side that made it, a map at the other
 */
record McpResponse(@Nullable Integer code, @Nullable Object result) {

    private static final String TOOL_ERROR = "tool_error";

    /** By the convention: what the client did wrong is no error of the server's. */
    private static final Set<Integer> OF_THE_CLIENT = Set.of(-32700, -32600, -32601, -32602, -32002);

    static McpResponse of(McpSchema.JSONRPCResponse response) {
        return response.error() == null
                ? new McpResponse(null, response.result())
                : new McpResponse(response.error().code(), null);
    }

    /** What the other side gets for this exception of a handler, or null if only the SDK knows. */
    static @Nullable McpResponse of(Throwable failure) {
        return failure instanceof McpError error && error.getJsonRpcError() != null
                ? new McpResponse(error.getJsonRpcError().code(), null)
                : null;
    }

    /** Of a JSON-RPC error, as the end of a span has it. */
    static @Nullable String code(Ending ending) {
        return ending.detail() instanceof Integer code ? code.toString() : null;
    }

    boolean isError() {
        return code != null || isToolError();
    }

    private boolean isToolError() {
        return result instanceof McpSchema.CallToolResult tool
                ? Boolean.TRUE.equals(tool.isError())
                : result instanceof Map<?, ?> map && Boolean.TRUE.equals(map.get("isError"));
    }

    Ending ending(SpanType type) {
        if (code == null) {
            return isToolError() ? Ending.failed(TOOL_ERROR, null) : Ending.of(Outcome.COMPLETED);
        }
        boolean served = type == SpanType.MCP_SERVER && OF_THE_CLIENT.contains(code);
        return served
                ? Ending.of(Outcome.COMPLETED, code)
                : new Ending(Outcome.FAILED, code.toString(), null, null, code);
    }

    /** Without the result, which is content. */
    @Override
    public String toString() {
        return "McpResponse{code=" + code + ", result=" + (result == null ? "none" : "not shown") + '}';
    }

    /** Of a response to {@code initialize}. */
    @Nullable
    String protocolVersion() {
        if (result instanceof McpSchema.InitializeResult initialized) {
            return initialized.protocolVersion();
        }
        return result instanceof Map<?, ?> map && map.get("protocolVersion") instanceof String version ? version : null;
    }
}
