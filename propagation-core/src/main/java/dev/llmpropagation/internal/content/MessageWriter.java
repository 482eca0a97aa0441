package dev.llmpropagation.internal.content;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.llmpropagation.internal.span.ContentGate;
import dev.llmpropagation.internal.span.SpanText;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Writes messages as the GenAI conventions have them, each text after the program's redaction. All of it or nothing. For
 * one thread; throws what the redaction throws.
 */
final class MessageWriter {

    private final ContentGate gate;
    private boolean withheld;

    MessageWriter(ContentGate gate) {
        this.gate = gate;
    }

    /** @return null if there are none, or if they may not be shown */
    @Nullable
    String messages(Collection<ChatMessage> messages) {
        ArrayNode all = Json.NODES.arrayNode();
        for (ChatMessage message : messages) {
            ArrayNode parts = parts(message);
            if (!parts.isEmpty() || message.finishReason != null) {
                ObjectNode node = all.addObject().put("role", message.role);
                node.set("parts", parts);
                if (message.finishReason != null) {
                    node.put("finish_reason", message.finishReason);
                }
            }
        }
        return shown(all);
    }

    /** @return null if there are none, or if they may not be shown */
    @Nullable
    String instructions(ChatMessage instructions) {
        return shown(parts(instructions));
    }

    /** @return null if there are none, or if they may not be shown */
    @Nullable
    String tools(Collection<InputContent.ToolDefinition> tools) {
        ArrayNode all = Json.NODES.arrayNode();
        for (InputContent.ToolDefinition tool : tools) {
            ObjectNode node = all.addObject().put("type", tool.type()).put("name", tool.name());
            if (tool.description() != null) {
                node.put("description", redacted(tool.description()));
            }
            if (tool.parameters() != null) {
                node.set("parameters", redacted(tool.parameters()));
            }
        }
        return shown(all);
    }

    private @Nullable String shown(ArrayNode all) {
        boolean hidden = withheld;
        withheld = false;
        if (hidden || all.isEmpty()) {
            return null;
        }
        String json = SpanText.wellFormed(all.toString());
        return json.length() > gate.maxLength() ? null : json;
    }

    private ArrayNode parts(ChatMessage message) {
        ArrayNode parts = Json.NODES.arrayNode();
        for (MessagePart part : message.parts()) {
            if (gate.reasoning() || !part.type.equals(MessagePart.REASONING)) {
                write(part, parts);
            }
        }
        return parts;
    }

    private void write(MessagePart part, ArrayNode to) {
        switch (part.type) {
            case MessagePart.TEXT, MessagePart.REASONING, MessagePart.REFUSAL -> {
                if (!part.isEmpty()) {
                    to.addObject().put("type", part.type).put("content", redacted(part.text()));
                }
            }
            case MessagePart.TOOL_CALL -> {
                ObjectNode node = call(part, to);
                node.put("name", part.name == null ? "unknown" : part.name);
                set(node, "arguments", part);
            }
            case MessagePart.TOOL_RESPONSE -> {
                ObjectNode node = call(part, to);
                if (part.name != null) {
                    node.put("name", part.name);
                }
                set(node, "response", part);
            }
            case MessagePart.SERVER_TOOL_CALL -> {
                ObjectNode node = call(part, to);
                node.put("name", part.name);
                node.putObject("server_tool_call").put("type", part.name);
            }
            case MessagePart.BLOB, MessagePart.URI, MessagePart.FILE -> media(part, to);
            default -> to.addObject().put("type", part.type);
        }
    }

    private static ObjectNode call(MessagePart part, ArrayNode to) {
        ObjectNode node = to.addObject().put("type", part.type);
        return part.id == null ? node : node.put("id", part.id);
    }

    private void media(MessagePart part, ArrayNode to) {
        ObjectNode node = to.addObject().put("type", part.type).put("modality", part.modality);
        if (part.mimeType != null) {
            node.put("mime_type", part.mimeType);
        }
        if (part.size != null) {
            node.put("size", part.size.longValue());
        }
        if (part.type.equals(MessagePart.URI) && !part.isEmpty()) {
            node.put("uri", redacted(part.text()));
        } else if (part.type.equals(MessagePart.FILE)) {
            node.put("file_id", part.id);
        }
    }

    /** Arguments that are an object are shown as one, also where the service sends them as a text. */
    private void set(ObjectNode node, String name, MessagePart part) {
        if (part.value != null) {
            node.set(name, redacted(part.value));
        } else if (part.type.equals(MessagePart.TOOL_RESPONSE)) {
            node.put(name, redacted(part.text()));
        } else if (!part.isEmpty()) {
            String text = redacted(part.text());
            JsonNode json = text == null ? null : Json.parsed(text);
            if (json != null && json.isObject()) {
                node.set(name, json);
            } else {
                node.put(name, text);
            }
        }
    }

    private @Nullable String redacted(String text) {
        String redacted = gate.redaction().apply(text);
        withheld |= redacted == null;
        return redacted;
    }

    /** The redaction sees the text of the JSON, as it does elsewhere. */
    private JsonNode redacted(JsonNode json) {
        if (json.isTextual()) {
            return Json.NODES.textNode(redacted(json.textValue()));
        }
        String text = json.toString();
        String redacted = redacted(text);
        if (redacted == null || redacted.equals(text)) {
            return json;
        }
        JsonNode parsed = Json.parsed(redacted);
        return parsed == null ? Json.NODES.textNode(redacted) : parsed;
    }
}
