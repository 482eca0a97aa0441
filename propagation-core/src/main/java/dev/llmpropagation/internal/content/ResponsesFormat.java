package dev.llmpropagation.internal.content;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** The Responses API: items, of which messages are one kind. */
final class ResponsesFormat implements ContentFormat {

    @Override
    public void input(JsonNode body, InputContent to) {
        JsonNode instructions = Json.member(body, "instructions");
        if (instructions != null) {
            content(instructions, to.instructions, 0);
        }
        JsonNode input = Json.member(body, "input");
        for (JsonNode item : Json.all(input)) {
            if (item.isTextual()) {
                content(item, to.message("user"), 0);
            } else {
                item(item, to.message(role(item)), 0);
            }
        }
        for (JsonNode tool : Json.all(body.get("tools"))) {
            String type = Json.text(tool, "type", "unknown");
            if (type.equals("function")) {
                to.function(tool, "parameters");
            } else {
                String name = Json.text(tool, "name");
                to.tool(type, name == null ? Json.text(tool, "server_label") : name);
            }
        }
    }

    @Override
    public void output(JsonNode piece, OutputContent to) {
        String type = Json.text(piece, "type", "");
        JsonNode response = Json.member(piece, "response");
        if (type.startsWith("response.") && response == null) {
            event(type, piece, to);
            return;
        }
        JsonNode whole = response == null ? piece : response;
        JsonNode output = Json.member(whole, "output");
        if (output != null && !output.isEmpty()) {
            to.restart();
            int index = 0;
            for (JsonNode item : Json.all(output)) {
                item(item, to.message(0), index++);
            }
        }
        ended(whole, to);
    }

    private static void ended(JsonNode response, OutputContent to) {
        String reason =
                switch (Json.text(response, "status", "")) {
                    case "completed" -> "stop";
                    case "failed", "cancelled" -> "error";
                    case "incomplete" -> {
                        JsonNode details = Json.member(response, "incomplete_details");
                        String why = details == null ? "" : Json.text(details, "reason", "");
                        yield why.equals("max_output_tokens") ? "length" : why.isEmpty() ? "error" : why;
                    }
                    default -> null;
                };
        if (reason != null) {
            ChatMessage message = to.message(0);
            boolean calls = message.parts().stream().anyMatch(part -> part.type.equals(MessagePart.TOOL_CALL));
            message.finishReason = calls && reason.equals("stop") ? "tool_call" : reason;
        }
    }

    private static void event(String type, JsonNode event, OutputContent to) {
        ChatMessage message = to.message(0);
        int item = Json.number(event, "output_index", 0);
        int inside = Json.number(event, "content_index", 0);
        String delta = Json.text(event, "delta");
        switch (type) {
            case "response.output_item.added", "response.output_item.done" -> {
                JsonNode whole = Json.member(event, "item");
                if (whole != null) {
                    message.forget(item);
                    item(whole, message, item);
                }
            }
            case "response.output_text.delta" ->
                message.part(item, inside, MessagePart.TEXT).append(delta);
            case "response.refusal.delta" ->
                message.part(item, inside, MessagePart.REFUSAL).append(delta);
            case "response.reasoning_text.delta", "response.reasoning_summary_text.delta" ->
                message.part(item, Json.number(event, "summary_index", inside), MessagePart.REASONING)
                        .append(delta);
            case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta" ->
                message.part(item, 0, MessagePart.TOOL_CALL).append(delta);
            default -> {}
        }
    }

    private static String role(JsonNode item) {
        String type = Json.text(item, "type", "message");
        if (type.endsWith("_output")) {
            return "tool";
        }
        return Json.text(item, "role", type.equals("message") ? "user" : "assistant");
    }

    private static void item(JsonNode item, ChatMessage to, int index) {
        String type = Json.text(item, "type", "message");
        switch (type) {
            case "message" -> {
                JsonNode content = Json.member(item, "content");
                if (content != null) {
                    content(content, to, index);
                }
            }
            case "function_call" ->
                to.part(index, 0, MessagePart.TOOL_CALL)
                        .named(Json.text(item, "call_id"), Json.text(item, "name"))
                        .append(Json.text(item, "arguments"));
            case "custom_tool_call" ->
                to.part(index, 0, MessagePart.TOOL_CALL)
                        .named(Json.text(item, "call_id"), Json.text(item, "name"))
                        .append(Json.text(item, "input"));
            case "function_call_output", "custom_tool_call_output" -> {
                JsonNode output = Json.member(item, "output");
                MessagePart part = to.part(index, 0, MessagePart.TOOL_RESPONSE).named(Json.text(item, "call_id"), null);
                for (JsonNode piece : Json.all(output)) {
                    part.append(piece.isTextual() ? piece.textValue() : Json.text(piece, "text"));
                }
            }
            case "reasoning" -> {
                int inside = 0;
                for (String field : new String[] {"summary", "content"}) {
                    for (JsonNode part : Json.all(item.get(field))) {
                        to.part(index, inside++, MessagePart.REASONING).append(Json.text(part, "text"));
                    }
                }
            }
            case "image_generation_call" -> {
                MessagePart image = to.part(index, 0, MessagePart.BLOB);
                image.modality = "image";
                image.size = Media.size(Json.text(item, "result"));
            }
            default -> to.part(index, 0, MessagePart.SERVER_TOOL_CALL).named(Json.text(item, "id"), type);
        }
    }

    private static void content(JsonNode content, ChatMessage to, int index) {
        int inside = 0;
        for (JsonNode part : Json.all(content)) {
            String type = part.isTextual() ? "input_text" : Json.text(part, "type", "unknown");
            switch (type) {
                case "input_text", "output_text", "text" ->
                    to.part(index, inside, MessagePart.TEXT)
                            .append(part.isTextual() ? part.textValue() : Json.text(part, "text"));
                case "refusal" -> to.part(index, inside, MessagePart.REFUSAL).append(Json.text(part, "refusal"));
                case "input_image" -> file(part, "image", Json.text(part, "image_url"), to);
                case "input_file" -> file(part, null, Json.text(part, "file_url"), to);
                default -> to.add(type);
            }
            inside++;
        }
    }

    private static void file(JsonNode part, @Nullable String modality, @Nullable String url, ChatMessage to) {
        String id = Json.text(part, "file_id");
        String data = Json.text(part, "file_data");
        if (id != null) {
            Media.file(to, modality, id);
        } else if (url != null) {
            Media.url(to, modality, null, url);
        } else if (data != null) {
            Media.url(to, modality, null, data.startsWith("data:") ? data : "data:;base64," + data);
        }
    }
}
