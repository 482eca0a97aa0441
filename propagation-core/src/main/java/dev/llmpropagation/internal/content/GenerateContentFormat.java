package dev.llmpropagation.internal.content;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Iterator;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Content generation of Gemini API and Vertex AI. */
final class GenerateContentFormat implements ContentFormat {

    @Override
    public void input(JsonNode body, InputContent to) {
        JsonNode instructions = Json.member(body, "systemInstruction");
        if (instructions != null) {
            parts(instructions, to.instructions);
        }
        for (JsonNode content : Json.all(body.get("contents"))) {
            ChatMessage message = to.message(role(Json.text(content, "role", "user")));
            parts(content, message);
            if (!message.parts().isEmpty()
                    && message.parts().stream().allMatch(part -> part.type.equals(MessagePart.TOOL_RESPONSE))) {
                message.role = "tool";
            }
        }
        for (JsonNode tool : Json.all(body.get("tools"))) {
            for (Iterator<String> names = tool.fieldNames(); names.hasNext(); ) {
                String name = names.next();
                if (name.equals("functionDeclarations")) {
                    for (JsonNode function : Json.all(tool.get(name))) {
                        to.function(function, function.has("parameters") ? "parameters" : "parametersJsonSchema");
                    }
                } else {
                    to.tool(name, null);
                }
            }
        }
    }

    @Override
    public void output(JsonNode piece, OutputContent to) {
        for (JsonNode candidate : Json.all(piece.get("candidates"))) {
            ChatMessage message = to.message(Json.number(candidate, "index", 0));
            JsonNode content = Json.member(candidate, "content");
            if (content != null) {
                parts(content, message);
            }
            String reason = Json.text(candidate, "finishReason");
            if (reason != null) {
                boolean calls = message.parts().stream().anyMatch(part -> part.type.equals(MessagePart.TOOL_CALL));
                message.finishReason = reason(reason, calls);
            }
        }
    }

    private static String reason(String reason, boolean calls) {
        return switch (reason) {
            case "STOP" -> calls ? "tool_call" : "stop";
            case "MAX_TOKENS" -> "length";
            case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY" -> "content_filter";
            default -> reason.toLowerCase(Locale.ROOT);
        };
    }

    private static String role(String role) {
        return switch (role) {
            case "model" -> "assistant";
            case "function" -> "tool";
            default -> role;
        };
    }

    private static void parts(JsonNode content, ChatMessage to) {
        if (content.isTextual()) {
            to.add(MessagePart.TEXT).append(content.textValue());
            return;
        }
        for (JsonNode part : Json.all(content.get("parts"))) {
            part(part, to);
        }
    }

    private static void part(JsonNode part, ChatMessage to) {
        String text = Json.text(part, "text");
        if (text != null) {
            boolean thought = part.path("thought").asBoolean(false);
            to.continued(thought ? MessagePart.REASONING : MessagePart.TEXT).append(text);
            return;
        }
        JsonNode call = Json.member(part, "functionCall");
        JsonNode response = Json.member(part, "functionResponse");
        JsonNode inline = Json.member(part, "inlineData");
        JsonNode file = Json.member(part, "fileData");
        if (call != null) {
            to.add(MessagePart.TOOL_CALL)
                    .named(Json.text(call, "id"), Json.text(call, "name"))
                    .value(Json.member(call, "args"));
        } else if (response != null) {
            to.add(MessagePart.TOOL_RESPONSE)
                    .named(Json.text(response, "id"), Json.text(response, "name"))
                    .value(Json.member(response, "response"));
        } else if (inline != null) {
            Media.blob(to, null, Json.text(inline, "mimeType"), Json.text(inline, "data"));
        } else if (file != null) {
            Media.url(to, null, Json.text(file, "mimeType"), Json.text(file, "fileUri", ""));
        } else {
            String kind = kind(part);
            if (kind != null) {
                to.add(MessagePart.SERVER_TOOL_CALL).named(null, kind);
            }
        }
    }

    /** Code that the service itself has run, and what came of it. */
    private static @Nullable String kind(JsonNode part) {
        return part.has("executableCode")
                ? "executableCode"
                : part.has("codeExecutionResult") ? "codeExecutionResult" : null;
    }
}
