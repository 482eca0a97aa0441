package dev.llmpropagation.internal.content;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** Chat completions, and the completions that were before them. */
final class ChatFormat implements ContentFormat {

    private static final int REASONING_AT = 0;
    private static final int TEXT_AT = 1;
    private static final int REFUSAL_AT = 2;
    private static final int AUDIO_AT = 3;
    private static final int OLD_CALL_AT = 4;
    private static final int CALLS_AT = 5;

    @Override
    public void input(JsonNode body, InputContent to) {
        for (JsonNode prompt : Json.all(body.get("prompt"))) {
            if (prompt.isTextual()) {
                to.message("user").add(MessagePart.TEXT).append(prompt.textValue());
            }
        }
        for (JsonNode message : Json.all(body.get("messages"))) {
            message(message, to.message(Json.text(message, "role", "user")));
        }
        for (JsonNode tool : Json.all(body.get("tools"))) {
            String type = Json.text(tool, "type", "function");
            JsonNode definition = Json.member(tool, type);
            if (type.equals("function") && definition != null) {
                to.function(definition, "parameters");
            } else {
                to.tool(type, definition == null ? null : Json.text(definition, "name"));
            }
        }
        for (JsonNode function : Json.all(body.get("functions"))) {
            to.function(function, "parameters");
        }
    }

    private static void message(JsonNode message, ChatMessage to) {
        String role = to.role;
        if (role.equals("tool") || role.equals("function")) {
            to.role = "tool";
            to.add(MessagePart.TOOL_RESPONSE)
                    .named(Json.text(message, "tool_call_id"), Json.text(message, "name"))
                    .append(text(message.get("content")));
            return;
        }
        String reasoning = reasoning(message);
        if (reasoning != null) {
            to.add(MessagePart.REASONING).append(reasoning);
        }
        for (JsonNode part : Json.all(message.get("content"))) {
            part(part, to);
        }
        String refusal = Json.text(message, "refusal");
        if (refusal != null) {
            to.add(MessagePart.REFUSAL).append(refusal);
        }
        JsonNode old = Json.member(message, "function_call");
        if (old != null) {
            to.add(MessagePart.TOOL_CALL).named(null, Json.text(old, "name")).append(Json.text(old, "arguments"));
        }
        for (JsonNode call : Json.all(message.get("tool_calls"))) {
            call(call, to.add(MessagePart.TOOL_CALL));
        }
    }

    private static void part(JsonNode part, ChatMessage to) {
        if (part.isTextual()) {
            to.add(MessagePart.TEXT).append(part.textValue());
            return;
        }
        String type = Json.text(part, "type", "unknown");
        JsonNode inside = Json.member(part, type);
        switch (type) {
            case "text" -> to.add(MessagePart.TEXT).append(Json.text(part, "text"));
            case "refusal" -> to.add(MessagePart.REFUSAL).append(Json.text(part, "refusal"));
            case "image_url" -> url("image", inside, to);
            case "video_url" -> url("video", inside, to);
            case "input_audio" -> {
                if (inside != null) {
                    Media.blob(to, "audio", Media.audioType(Json.text(inside, "format")), Json.text(inside, "data"));
                }
            }
            case "file" -> file(inside, to);
            default -> to.add(type);
        }
    }

    private static void url(String modality, @Nullable JsonNode inside, ChatMessage to) {
        String url = inside == null ? null : inside.isTextual() ? inside.textValue() : Json.text(inside, "url");
        if (url != null) {
            Media.url(to, modality, null, url);
        }
    }

    private static void file(@Nullable JsonNode file, ChatMessage to) {
        String id = file == null ? null : Json.text(file, "file_id");
        String data = file == null ? null : Json.text(file, "file_data");
        if (id != null) {
            Media.file(to, null, id);
        } else if (data != null) {
            Media.url(to, null, null, data.startsWith("data:") ? data : "data:;base64," + data);
        }
    }

    @Override
    public void output(JsonNode piece, OutputContent to) {
        for (JsonNode choice : Json.all(piece.get("choices"))) {
            ChatMessage message = to.message(Json.number(choice, "index", 0));
            JsonNode said = Json.member(choice, "delta");
            said = said == null ? Json.member(choice, "message") : said;
            if (said != null) {
                said(said, message);
            }
            String text = Json.text(choice, "text");
            if (text != null) {
                message.part(TEXT_AT, MessagePart.TEXT).append(text);
            }
            String reason = Json.text(choice, "finish_reason");
            if (reason != null && !reason.isEmpty()) {
                message.finishReason = switch (reason) {
                    case "tool_calls", "function_call" -> "tool_call";
                    default -> reason;
                };
            }
        }
    }

    private static void said(JsonNode said, ChatMessage message) {
        String reasoning = reasoning(said);
        if (reasoning != null) {
            message.part(REASONING_AT, MessagePart.REASONING).append(reasoning);
        }
        String content = text(said.get("content"));
        if (content != null) {
            message.part(TEXT_AT, MessagePart.TEXT).append(content);
        }
        String refusal = Json.text(said, "refusal");
        if (refusal != null) {
            message.part(REFUSAL_AT, MessagePart.REFUSAL).append(refusal);
        }
        JsonNode audio = Json.member(said, "audio");
        if (audio != null) {
            MessagePart part = message.part(AUDIO_AT, MessagePart.BLOB);
            part.modality = "audio";
        }
        JsonNode old = Json.member(said, "function_call");
        if (old != null) {
            message.part(OLD_CALL_AT, MessagePart.TOOL_CALL)
                    .named(null, Json.text(old, "name"))
                    .append(Json.text(old, "arguments"));
        }
        int next = 0;
        for (JsonNode call : Json.all(said.get("tool_calls"))) {
            int index = Json.number(call, "index", next);
            call(call, message.part(CALLS_AT + (long) index, MessagePart.TOOL_CALL));
            next = index + 1;
        }
    }

    private static void call(JsonNode call, MessagePart part) {
        String type = Json.text(call, "type", "function");
        JsonNode function = Json.member(call, type.isEmpty() ? "function" : type);
        part.named(Json.text(call, "id"), function == null ? null : Json.text(function, "name"));
        if (function != null) {
            part.append(Json.text(function, "arguments")).append(Json.text(function, "input"));
        }
    }

    /** Services have two names for it. */
    private static @Nullable String reasoning(JsonNode message) {
        String content = Json.text(message, "reasoning_content");
        return content == null ? Json.text(message, "reasoning") : content;
    }

    /** A text, or the texts of parts. */
    private static @Nullable String text(@Nullable JsonNode content) {
        if (content == null || content.isNull() || content.isTextual()) {
            return content == null ? null : content.textValue();
        }
        StringBuilder all = new StringBuilder();
        for (JsonNode part : Json.all(content)) {
            all.append(Json.text(part, "text", ""));
        }
        return all.toString();
    }
}
