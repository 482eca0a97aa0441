package dev.llmpropagation.internal.content;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** Interactions of the Gemini API: steps, of which what the model says is one kind. */
final class InteractionsFormat implements ContentFormat {

    @Override
    public void input(JsonNode body, InputContent to) {
        JsonNode instructions = Json.member(body, "system_instruction");
        if (instructions != null && instructions.isTextual()) {
            to.instructions.add(MessagePart.TEXT).append(instructions.textValue());
        }
        ChatMessage user = null;
        for (JsonNode input : Json.all(body.get("input"))) {
            if (isStep(input)) {
                step(input, to.message(role(input)), 0);
                user = null;
            } else {
                user = user == null ? to.message("user") : user;
                content(input, user);
            }
        }
        for (JsonNode tool : Json.all(body.get("tools"))) {
            String type = Json.text(tool, "type", "unknown");
            if (type.equals("function")) {
                to.function(tool, "parameters");
            } else {
                to.tool(type, Json.text(tool, "name"));
            }
        }
    }

    @Override
    public void output(JsonNode piece, OutputContent to) {
        String event = Json.text(piece, "event_type");
        if (event != null) {
            event(event, piece, to);
            return;
        }
        int index = 0;
        for (JsonNode step : Json.all(piece.get("steps"))) {
            step(step, to.message(0), index++);
        }
        ended(piece, to);
    }

    private static void event(String event, JsonNode piece, OutputContent to) {
        int index = Json.number(piece, "index", 0);
        switch (event) {
            case "step.start" -> {
                JsonNode step = Json.member(piece, "step");
                if (step != null) {
                    step(step, to.message(0), index);
                }
            }
            case "step.delta" -> {
                JsonNode delta = Json.member(piece, "delta");
                if (delta != null) {
                    delta(delta, to.message(0), index);
                }
            }
            case "interaction.completed" -> {
                JsonNode interaction = Json.member(piece, "interaction");
                if (interaction != null) {
                    ended(interaction, to);
                }
            }
            default -> {}
        }
    }

    private static void delta(JsonNode delta, ChatMessage to, int index) {
        switch (Json.text(delta, "type", "")) {
            case "text" -> to.part(index, 0, MessagePart.TEXT).append(Json.text(delta, "text"));
            case "thought", "thought_summary" -> {
                JsonNode content = Json.member(delta, "content");
                to.part(index, 0, MessagePart.REASONING).append(Json.text(content == null ? delta : content, "text"));
            }
            case "arguments_delta" -> {
                MessagePart call = to.part(index, 0, MessagePart.TOOL_CALL);
                call.value = null; // the empty one that the step began with
                call.append(Json.text(delta, "arguments"));
            }
            default -> {}
        }
    }

    private static void ended(JsonNode interaction, OutputContent to) {
        String reason =
                switch (Json.text(interaction, "status", "")) {
                    case "completed" -> "stop";
                    case "requires_action" -> "tool_call";
                    case "incomplete", "requires_continuation", "budget_exceeded" -> "length";
                    case "failed", "cancelled" -> "error";
                    default -> null;
                };
        if (reason != null) {
            to.message(0).finishReason = reason;
        }
    }

    private static boolean isStep(JsonNode input) {
        String type = Json.text(input, "type", "");
        return type.endsWith("_output")
                || type.endsWith("_input")
                || type.endsWith("_call")
                || type.endsWith("_result")
                || type.equals("thought");
    }

    private static String role(JsonNode step) {
        String type = Json.text(step, "type", "");
        return type.equals("function_result") ? "tool" : type.equals("user_input") ? "user" : "assistant";
    }

    private static void step(JsonNode step, ChatMessage to, int index) {
        String type = Json.text(step, "type", "unknown");
        switch (type) {
            case "model_output", "user_input" -> {
                ChatMessage whole = new ChatMessage(to.role, to.limit);
                Json.all(step.get("content")).forEach(content -> content(content, whole));
                to.put(index, whole);
            }
            case "thought" -> {
                for (JsonNode content : Json.all(step.get("summary"))) {
                    to.part(index, 0, MessagePart.REASONING).append(Json.text(content, "text"));
                }
            }
            case "function_call" ->
                to.part(index, 0, MessagePart.TOOL_CALL)
                        .named(Json.text(step, "id"), Json.text(step, "name"))
                        .value(Json.member(step, "arguments"));
            case "function_result" ->
                to.part(index, 0, MessagePart.TOOL_RESPONSE)
                        .named(Json.text(step, "call_id"), Json.text(step, "name"))
                        .value(Json.member(step, "result"));
            default -> to.part(index, 0, MessagePart.SERVER_TOOL_CALL).named(Json.text(step, "id"), type);
        }
    }

    private static void content(JsonNode content, ChatMessage to) {
        String type = content.isTextual() ? "text" : Json.text(content, "type", "unknown");
        switch (type) {
            case "text" ->
                to.add(MessagePart.TEXT).append(content.isTextual() ? content.textValue() : Json.text(content, "text"));
            case "image", "audio", "video", "document" -> media(content, type, to);
            default -> to.add(type);
        }
    }

    private static void media(JsonNode content, String modality, ChatMessage to) {
        String mimeType = Json.text(content, "mime_type");
        @Nullable String uri = Json.text(content, "uri");
        if (uri == null) {
            Media.blob(to, modality, mimeType, Json.text(content, "data"));
        } else {
            Media.url(to, modality, mimeType, uri);
        }
    }
}
