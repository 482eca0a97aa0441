package dev.llmpropagation.doctor.listen;

import static dev.llmpropagation.doctor.listen.PlayedAnswer.document;
import static dev.llmpropagation.doctor.listen.PlayedAnswer.events;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What OpenAI's API says. */
final class OpenAiAnswers {

    static final List<String> WORDS = List.of("Hello", " there");
    static final String TEXT = String.join("", WORDS);

    private static final String USAGE = "{\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5}";
    private static final int TOKENS_OF_AN_INPUT = 3;

    private OpenAiAnswers() {}

    /** Null for a path that it does not have. */
    static @Nullable PlayedAnswer to(PlayedAnswer.Request request) {
        String path = request.path();
        ModelQuestion question = request.question();
        if (path.endsWith("/chat/completions")) {
            return question.stream()
                    ? events("OpenAI chat, stream", chatEvents(question.usage()))
                    : document("OpenAI chat", chat());
        }
        if (path.endsWith("/responses")) {
            return question.stream()
                    ? events("OpenAI Responses, stream", responseEvents())
                    : document("OpenAI Responses", response("completed"));
        }
        return path.endsWith("/embeddings") ? document("OpenAI embeddings", embeddings(question)) : null;
    }

    private static String chat() {
        return """
                {"id":"c-1","object":"chat.completion","created":1,"model":"listen","choices":[{"index":0,\
                "message":{"role":"assistant","content":"%s","refusal":null},"finish_reason":"stop","logprobs":null}],\
                "usage":%s}""".formatted(TEXT, USAGE);
    }

    private static List<String> chatEvents(boolean usage) {
        List<String> events = new ArrayList<>();
        events.add(chatEvent("{\"role\":\"assistant\",\"content\":\"" + WORDS.get(0) + "\"}", "null"));
        events.add(chatEvent("{\"content\":\"" + WORDS.get(1) + "\"}", "null"));
        events.add(chatEvent("{}", "\"stop\""));
        if (usage) {
            events.add(chatChunk("[],\"usage\":" + USAGE));
        }
        events.add("data: [DONE]\n\n");
        return events;
    }

    private static String chatEvent(String delta, String finish) {
        return chatChunk("[{\"index\":0,\"delta\":%s,\"finish_reason\":%s}]".formatted(delta, finish));
    }

    private static String chatChunk(String choices) {
        return """
                data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"listen","choices":%s}

                """.formatted(choices);
    }

    /** As numbers unless Base64 is asked for, and one for each input. */
    private static String embeddings(ModelQuestion question) {
        String data = IntStream.range(0, question.inputs())
                .mapToObj(i -> "{\"object\":\"embedding\",\"index\":%d,\"embedding\":%s}"
                        .formatted(i, embedding(question.base64(), i)))
                .collect(Collectors.joining(","));
        int tokens = TOKENS_OF_AN_INPUT * question.inputs();
        return "{\"object\":\"list\",\"model\":\"listen\",\"data\":[%s],\"usage\":{\"prompt_tokens\":%d,\"total_tokens\":%d}}"
                .formatted(data, tokens, tokens);
    }

    /** The first number tells the inputs apart. */
    private static String embedding(boolean base64, int input) {
        float first = input + 0.1f;
        float second = 0.2f;
        return base64
                ? '"'
                        + Base64.getEncoder()
                                .encodeToString(ByteBuffer.allocate(2 * Float.BYTES)
                                        .order(ByteOrder.LITTLE_ENDIAN)
                                        .putFloat(first)
                                        .putFloat(second)
                                        .array())
                        + '"'
                : "[" + first + ',' + second + ']';
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
}
