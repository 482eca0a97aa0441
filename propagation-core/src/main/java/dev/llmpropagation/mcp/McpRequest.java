package dev.llmpropagation.mcp;

import dev.llmpropagation.internal.span.SpanText;
import io.modelcontextprotocol.spec.McpSchema;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a request says that spans and metrics show. Names and ids are as the other side, or a model, wrote them: bounded, and
 * without what looks like a credential.
 *
 * @param id null where it is not known
 * @param jsonrpc null for the usual 2.0
 */
record McpRequest(
        String method,
        @Nullable String id,
        @Nullable String jsonrpc,
        @Nullable String tool,
        @Nullable String prompt,
        @Nullable String uri) {

    static final String EXECUTE_TOOL = "execute_tool";

    private static final int MAX_METHOD = 128;
    private static final int MAX_NAME = 128;
    private static final int MAX_TEXT = 256;

    static McpRequest of(String method, @Nullable Object id, @Nullable String jsonrpc, Map<?, ?> params) {
        return switch (method) {
            case McpSchema.METHOD_TOOLS_CALL -> of(method, id, jsonrpc, params.get("name"), null, null);
            case McpSchema.METHOD_PROMPT_GET -> of(method, id, jsonrpc, null, params.get("name"), null);
            case McpSchema.METHOD_RESOURCES_READ,
                    McpSchema.METHOD_RESOURCES_SUBSCRIBE,
                    McpSchema.METHOD_RESOURCES_UNSUBSCRIBE -> of(method, id, jsonrpc, null, null, params.get("uri"));
            case McpSchema.METHOD_COMPLETION_COMPLETE -> of(method, id, jsonrpc, null, prompt(params), null);
            default -> of(method, id, jsonrpc, null, null, null);
        };
    }

    /** The request that a handler of the program gets; null if it is of no known method. */
    static @Nullable McpRequest of(Object handled) {
        if (handled instanceof McpSchema.CallToolRequest call) {
            return of(McpSchema.METHOD_TOOLS_CALL, null, null, call.name(), null, null);
        }
        if (handled instanceof McpSchema.GetPromptRequest get) {
            return of(McpSchema.METHOD_PROMPT_GET, null, null, null, get.name(), null);
        }
        if (handled instanceof McpSchema.ReadResourceRequest read) {
            return of(McpSchema.METHOD_RESOURCES_READ, null, null, null, null, read.uri());
        }
        if (handled instanceof McpSchema.CompleteRequest complete) {
            Object prompt = complete.ref() instanceof McpSchema.PromptReference reference ? reference.name() : null;
            return of(McpSchema.METHOD_COMPLETION_COMPLETE, null, null, null, prompt, null);
        }
        if (handled instanceof McpSchema.CreateMessageRequest) {
            return of(McpSchema.METHOD_SAMPLING_CREATE_MESSAGE, null, null, null, null, null);
        }
        return handled instanceof McpSchema.ElicitRequest
                ? of(McpSchema.METHOD_ELICITATION_CREATE, null, null, null, null, null)
                : null;
    }

    private static McpRequest of(
            String method,
            @Nullable Object id,
            @Nullable String jsonrpc,
            @Nullable Object tool,
            @Nullable Object prompt,
            @Nullable Object uri) {
        return new McpRequest(
                SpanText.shown(method, MAX_METHOD),
                id instanceof String || id instanceof Number ? SpanText.shown(id.toString(), MAX_TEXT) : null,
                jsonrpc == null || jsonrpc.equals(McpSchema.JSONRPC_VERSION) ? null : SpanText.shown(jsonrpc, MAX_NAME),
                tool instanceof String name ? SpanText.shown(name, MAX_NAME) : null,
                prompt instanceof String name ? SpanText.shown(name, MAX_NAME) : null,
                uri instanceof String text ? withoutSecrets(text) : null);
    }

    /** Content: read only where it is recorded, and kept nowhere; null if there is none. */
    static @Nullable Object arguments(String method, Map<?, ?> params) {
        return method.equals(McpSchema.METHOD_TOOLS_CALL) ? params.get("arguments") : null;
    }

    /** As {@link #arguments(String, Map)}, of what a handler of the program's gets. */
    static @Nullable Object arguments(Object handled) {
        return handled instanceof McpSchema.CallToolRequest call ? call.arguments() : null;
    }

    private static @Nullable Object prompt(Map<?, ?> params) {
        return params.get("ref") instanceof Map<?, ?> ref && "ref/prompt".equals(ref.get("type"))
                ? ref.get("name")
                : null;
    }

    /** Servers invent schemes for resources, which a parser of HTTP URLs does not read. */
    private static String withoutSecrets(String uri) {
        int end = uri.length();
        for (int i = 0; i < end; i++) {
            char c = uri.charAt(i);
            if (c == '?' || c == '#') {
                end = i;
            }
        }
        String plain = uri.substring(0, end);
        int authority = plain.indexOf("://") + 3;
        int path = authority < 3 ? -1 : plain.indexOf('/', authority);
        int user = authority < 3 ? -1 : plain.lastIndexOf('@', path < 0 ? end : path);
        return SpanText.shown(
                user < authority ? plain : plain.substring(0, authority) + plain.substring(user + 1), MAX_TEXT);
    }

    boolean isToolCall() {
        return method.equals(McpSchema.METHOD_TOOLS_CALL);
    }

    boolean isInitialize() {
        return method.equals(McpSchema.METHOD_INITIALIZE);
    }

    /** The name of its span. It does not name a resource: there are too many. */
    String spanName() {
        String target = tool != null ? tool : prompt;
        return target == null ? method : method + ' ' + target;
    }
}
