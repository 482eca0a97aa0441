package dev.llmpropagation.doctor;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import java.util.Collections;
import java.util.List;

/** What the services of the demo answer. */
final class Answers {

    /** Text of every complete answer. */
    static final String TEXT = "Hello there";

    private static final List<String> WORDS = List.of("Hello", " there");
    private static final List<String> MANY_WORDS = Collections.nCopies(40, "Hello");

    private Answers() {}

    static ResponseDefinitionBuilder chat() {
        return json("""
                {"id":"c-1","object":"chat.completion","created":1,"model":"demo","choices":[{"index":0,\
                "message":{"role":"assistant","content":"%s","refusal":null},"finish_reason":"stop","logprobs":null}],\
                "usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""".formatted(TEXT));
    }

    static ResponseDefinitionBuilder chatStream() {
        return fast(chatEvents(WORDS));
    }

    /** Slow enough that a consumer can close it in the middle. */
    static ResponseDefinitionBuilder slowChatStream() {
        return slow(chatEvents(MANY_WORDS));
    }

    /** The model asks for a tool. */
    static ResponseDefinitionBuilder toolCallStream(String tool) {
        return fast("""
                data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"demo","choices":[{"index":0,"delta":\
                {"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call-1","type":"function","function":\
                {"name":"%s","arguments":"{}"}}]},"finish_reason":null}]}

                data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"demo","choices":[{"index":0,"delta":\
                {},"finish_reason":"tool_calls"}]}

                data: [DONE]

                """.formatted(tool));
    }

    private static String chatEvents(List<String> words) {
        StringBuilder events = new StringBuilder();
        for (String word : words) {
            events.append("""
                    data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"demo","choices":\
                    [{"index":0,"delta":{"content":"%s"},"finish_reason":null}]}

                    """.formatted(word));
        }
        return events.append("data: [DONE]\n\n").toString();
    }

    static ResponseDefinitionBuilder gemini() {
        return json(candidate(TEXT, true));
    }

    static ResponseDefinitionBuilder geminiStream() {
        return fast(geminiEvents(WORDS));
    }

    /** As {@link #slowChatStream()}. */
    static ResponseDefinitionBuilder slowGeminiStream() {
        return slow(geminiEvents(MANY_WORDS));
    }

    private static String geminiEvents(List<String> words) {
        StringBuilder events = new StringBuilder();
        for (int i = 0; i < words.size(); i++) {
            boolean last = i == words.size() - 1;
            events.append("data: ").append(candidate(words.get(i), last)).append("\r\n\r\n");
        }
        return events.toString();
    }

    static ResponseDefinitionBuilder error(int status) {
        return json("{\"error\":{\"code\":%d,\"message\":\"demo\",\"status\":\"UNAVAILABLE\"}}".formatted(status))
                .withStatus(status)
                .withHeader("retry-after-ms", "20");
    }

    static ResponseDefinitionBuilder redirect(String location) {
        return aResponse().withStatus(307).withHeader("Location", location);
    }

    /** @param last a stream of Gemini's has no other end than this */
    private static String candidate(String text, boolean last) {
        return "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"%s\"}]}%s,\"index\":0}]}"
                .formatted(text, last ? ",\"finishReason\":\"STOP\"" : "");
    }

    private static ResponseDefinitionBuilder json(String body) {
        return aResponse().withHeader("Content-Type", "application/json").withBody(body);
    }

    private static ResponseDefinitionBuilder fast(String events) {
        return eventStream(events).withChunkedDribbleDelay(10, 150);
    }

    private static ResponseDefinitionBuilder slow(String events) {
        return eventStream(events).withChunkedDribbleDelay(40, 4_000);
    }

    private static ResponseDefinitionBuilder eventStream(String events) {
        return aResponse().withHeader("Content-Type", "text/event-stream").withBody(events);
    }
}
