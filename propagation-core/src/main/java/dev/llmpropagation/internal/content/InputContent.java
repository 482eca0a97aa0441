package dev.llmpropagation.internal.content;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a request tells a model. For one thread at a time. */
final class InputContent {

    /** What the model may call; only a function's description and parameters are the program's own words. */
    record ToolDefinition(
            String type,
            String name,
            @Nullable String description,
            @Nullable JsonNode parameters) {}

    final LengthLimit limit;
    final List<ChatMessage> messages = new ArrayList<>();
    final List<ToolDefinition> tools = new ArrayList<>();
    final ChatMessage instructions;

    InputContent(int maxLength) {
        limit = new LengthLimit(maxLength);
        instructions = new ChatMessage("system", limit);
    }

    ChatMessage message(String role) {
        ChatMessage message = new ChatMessage(role, limit);
        messages.add(message);
        return message;
    }

    void function(JsonNode definition, String parameters) {
        if (limit.admits(definition.toString().length())) {
            tools.add(new ToolDefinition(
                    "function",
                    Json.text(definition, "name", "unknown"),
                    Json.text(definition, "description"),
                    Json.member(definition, parameters)));
        }
    }

    /** One that the service brings, or reaches: what else it is set up with can hold a credential. */
    void tool(String type, @Nullable String name) {
        tools.add(new ToolDefinition(type, name == null ? type : name, null, null));
    }
}
