package dev.llmpropagation.doctor.listen;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a model service says, in the shape of the path that was asked. Immutable.
 *
 * @param api what was asked, in words; empty for a path that no service here has
 * @param parts of a stream, or the one document
 */
record ModelAnswer(String api, int status, String contentType, List<String> parts) {

    private static final String JSON = "application/json";
    private static final String EVENTS = "text/event-stream";
    private static final List<String> WORDS = List.of("Hello", " there");
    private static final String TEXT = String.join("", WORDS);
    private static final String USAGE = "{\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5}";

    /** @param query null for none */
    static ModelAnswer to(String path, @Nullable String query, String body) {
        boolean stream = body.replace(" ", "").contains("\"stream\":true");
        if (path.endsWith("/chat/completions")) {
            return stream ? events("OpenAI chat, stream", chatEvents()) : document("OpenAI chat", chat());
        }
        if (path.endsWith("/responses")) {
            return stream
                    ? events("OpenAI Responses, stream", responseEvents())
                    : document("OpenAI Responses", response("completed"));
        }
        if (path.endsWith("/embeddings")) {
            return document("OpenAI embeddings", """
                    {"object":"list","model":"listen","data":[{"object":"embedding","index":0,"embedding":[0.1,0.2]}],\
                    "usage":{"prompt_tokens":3,"total_tokens":3}}""");
        }
        if (path.endsWith(":generateContent")) {
            return document("Gemini generateContent", candidate(TEXT, true));
        }
        if (path.endsWith(":streamGenerateContent")) {
            List<String> candidates = List.of(candidate(WORDS.get(0), false), candidate(WORDS.get(1), true));
            return query != null && query.contains("alt=sse")
                    ? events(
                            "Gemini streamGenerateContent",
                            candidates.stream()
                                    .map(c -> "data: " + c + "\r\n\r\n")
                                    .toList())
                    : document("Gemini streamGenerateContent", "[" + String.join(",", candidates) + "]");
        }
        if (path.endsWith("/models")) {
            return document("list of models", """
                    {"object":"list","data":[{"id":"listen","object":"model","created":1,"owned_by":"doctor"}],\
                    "models":[{"name":"models/listen"}]}""");
        }
        int models = path.lastIndexOf("/models/");
        if (models >= 0 && path.indexOf(':', models) < 0) {
            return document("one model", "{\"id\":\"listen\",\"object\":\"model\",\"name\":\"models/listen\"}");
        }
        return new ModelAnswer(
                "", 404, JSON, List.of("{\"error\":{\"code\":404,\"message\":\"doctor listen has no such path\"}}"));
    }

    private static ModelAnswer document(String api, String document) {
        return new ModelAnswer(api, 200, JSON, List.of(document));
    }

    private static ModelAnswer events(String api, List<String> events) {
        return new ModelAnswer(api, 200, EVENTS, events);
    }

    private static String chat() {
        return """
                {"id":"c-1","object":"chat.completion","created":1,"model":"listen","choices":[{"index":0,\
                "message":{"role":"assistant","content":"%s","refusal":null},"finish_reason":"stop","logprobs":null}],\
                "usage":%s}""".formatted(TEXT, USAGE);
    }

    private static List<String> chatEvents() {
        return List.of(
                chatEvent("{\"role\":\"assistant\",\"content\":\"" + WORDS.get(0) + "\"}", "null"),
                chatEvent("{\"content\":\"" + WORDS.get(1) + "\"}", "null"),
                chatEvent("{}", "\"stop\""),
                "data: [DONE]\n\n");
    }

    private static String chatEvent(String delta, String finish) {
        return """
                data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"listen","choices":\
                [{"index":0,"delta":%s,"finish_reason":%s}]}

                """.formatted(delta, finish);
    }

    private static String response(String status) {
        String output = status.equals("completed")
                ? "{\"id\":\"m-1\",\"type\":\"message\",\"role\":\"assistant\",\"status\":\"completed\",\"content\":"
                        + "[{\"type\":\"output_text\",\"text\":\"" + TEXT + "\",\"annotations\":[]}]}"
                : "";
        return """
                {"id":"r-1","object":"response","created_at":1,"model":"listen","status":"%s","output":[%s],"error":null,\
                "incomplete_details":null,"instructions":null,"metadata":{},"parallel_tool_calls":true,"temperature":1,\
                "tool_choice":"auto","tools":[],"top_p":1,"usage":{"input_tokens":3,"input_tokens_details":\
                {"cached_tokens":0},"output_tokens":2,"output_tokens_details":{"reasoning_tokens":0},\
                "total_tokens":5}}""".formatted(status, output);
    }

    private static List<String> responseEvents() {
        return List.of(
                responseEvent("response.created", 0, "\"response\":" + response("in_progress")),
                responseEvent("response.output_text.delta", 1, delta(WORDS.get(0))),
                responseEvent("response.output_text.delta", 2, delta(WORDS.get(1))),
                responseEvent("response.completed", 3, "\"response\":" + response("completed")));
    }

    private static String delta(String word) {
        return "\"item_id\":\"m-1\",\"output_index\":0,\"content_index\":0,\"logprobs\":[],\"delta\":\"" + word + '"';
    }

    private static String responseEvent(String type, int number, String rest) {
        return String.format(
                Locale.ROOT,
                "event: %s\ndata: {\"type\":\"%s\",\"sequence_number\":%d,%s}\n\n",
                type,
                type,
                number,
                rest);
    }

    private static String candidate(String text, boolean last) {
        return "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"%s\"}]}%s,\"index\":0}]}"
                .formatted(text, last ? ",\"finishReason\":\"STOP\"" : "");
    }
}
