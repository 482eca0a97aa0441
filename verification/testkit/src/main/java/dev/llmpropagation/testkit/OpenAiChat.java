package dev.llmpropagation.testkit;

import static dev.llmpropagation.testkit.Dialect.quoted;

import dev.llmpropagation.testkit.Answer.Said;
import java.util.ArrayList;
import java.util.List;

/** A chat completion as a document and as a stream. */
final class OpenAiChat {

    private final Asked asked;
    private final Said said;
    private final int number;

    OpenAiChat(Asked asked, Said said, int number) {
        this.asked = asked;
        this.said = said;
        this.number = number;
    }

    String document() {
        String message = said.tool() == null
                ? """
                {"role":"assistant","content":%s,"refusal":null,"annotations":[]}""".formatted(quoted(said.whole()))
                : """
                {"role":"assistant","content":null,"refusal":null,"annotations":[],"tool_calls":[%s]}""".formatted(toolCall(quoted(said.whole())));
        return """
                {"id":"chatcmpl-%d","object":"chat.completion","created":1764000000,"model":%s,\
                "choices":[{"index":0,"message":%s,"logprobs":null,"finish_reason":%s}],\
                "usage":%s,"service_tier":"default","system_fingerprint":"fp_1"}""".formatted(number, OpenAiDialect.model(asked), message, finishReason(), usage());
    }

    private String toolCall(String arguments) {
        return """
                {"id":"call_%d","type":"function","function":{"name":%s,"arguments":%s}}""".formatted(number, quoted(String.valueOf(said.tool())), arguments);
    }

    /** Who asks for usage gets it in an event of its own, and null in all others. */
    List<String> events() {
        List<String> events = new ArrayList<>();
        if (said.tool() == null) {
            events.add(delta("""
                    {"role":"assistant","content":"","refusal":null}""", "null"));
            said.pieces().forEach(piece -> events.add(delta("{\"content\":" + quoted(piece) + "}", "null")));
        } else {
            events.add(delta("""
                    {"role":"assistant","content":null,"tool_calls":[{"index":0,%s]}""".formatted(toolCall("\"\"").substring(1)), "null"));
            said.pieces().forEach(piece -> events.add(delta("""
                    {"tool_calls":[{"index":0,"function":{"arguments":%s}}]}""".formatted(quoted(piece)), "null")));
        }
        events.add(delta("{}", finishReason()));
        if (asked.wantsUsageInStream()) {
            events.add(chunk("", usage()));
        }
        events.add("data: [DONE]");
        return events;
    }

    private String delta(String delta, String finishReason) {
        return chunk("""
                {"index":0,"delta":%s,"logprobs":null,"finish_reason":%s}""".formatted(delta, finishReason), "null");
    }

    private String chunk(String choices, String usage) {
        return """
                data: {"id":"chatcmpl-%d","object":"chat.completion.chunk","created":1764000000,"model":%s,\
                "service_tier":"default","system_fingerprint":"fp_1","choices":[%s]%s}""".formatted(
                number, OpenAiDialect.model(asked), choices, asked.wantsUsageInStream() ? ",\"usage\":" + usage : "");
    }

    private String finishReason() {
        return quoted(said.finishReasonOr(said.tool() == null ? "stop" : "tool_calls"));
    }

    private String usage() {
        return """
                {"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,\
                "prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},\
                "completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}}""".formatted(said.inputTokens(), said.outputTokens(), said.inputTokens() + said.outputTokens());
    }
}
