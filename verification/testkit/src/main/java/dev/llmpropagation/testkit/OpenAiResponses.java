package dev.llmpropagation.testkit;

import static dev.llmpropagation.testkit.Dialect.quoted;

import dev.llmpropagation.testkit.Answer.Said;
import java.util.ArrayList;
import java.util.List;

/** An answer of the Responses API as a document and as a stream. */
final class OpenAiResponses {

    private final Asked asked;
    private final Said said;
    private final int number;
    private final List<String> events = new ArrayList<>();

    OpenAiResponses(Asked asked, Said said, int number) {
        this.asked = asked;
        this.said = said;
        this.number = number;
    }

    /** @param ended the status if the model came to its end */
    String document(String ended) {
        boolean complete = ended.equals("completed");
        boolean incomplete = complete && said.finishReason() != null;
        return """
                {"id":"resp_%d","object":"response","created_at":1764000000,"status":"%s","background":false,"error":null,\
                "incomplete_details":%s,"instructions":null,"max_output_tokens":null,"model":%s,"output":[%s],\
                "parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":null,"summary":null},\
                "service_tier":"default","store":true,"temperature":1.0,"text":{"format":{"type":"text"}},\
                "tool_choice":"auto","tools":[],"top_p":1.0,"truncation":"disabled","usage":%s,"user":null,"metadata":{}}""".formatted(
                        number,
                        incomplete ? "incomplete" : ended,
                        incomplete ? "{\"reason\":" + quoted(said.finishReasonOr("")) + "}" : "null",
                        OpenAiDialect.model(asked),
                        complete ? item("completed", said.whole()) : "",
                        complete ? usage() : "null");
    }

    private String item(String status, String content) {
        if (said.tool() != null) {
            return """
                    {"type":"function_call","id":"fc_%d","call_id":"call_%d","name":%s,"arguments":%s,"status":"%s"}""".formatted(number, number, quoted(said.tool()), quoted(content), status);
        }
        return """
                {"type":"message","id":"msg_%d","role":"assistant","status":"%s","content":[%s]}""".formatted(number, status, status.equals("completed") ? part(content) : "");
    }

    private static String part(String text) {
        return """
                {"type":"output_text","text":%s,"annotations":[],"logprobs":[]}""".formatted(quoted(text));
    }

    List<String> events() {
        String whole = quoted(said.whole());
        event("response.created", "\"response\":" + document("in_progress"));
        event("response.in_progress", "\"response\":" + document("in_progress"));
        event("response.output_item.added", "\"output_index\":0,\"item\":" + item("in_progress", ""));
        if (said.tool() == null) {
            event("response.content_part.added", ofPart("\"part\":" + part("")));
            said.pieces()
                    .forEach(piece ->
                            event("response.output_text.delta", ofPart("\"logprobs\":[],\"delta\":" + quoted(piece))));
            event("response.output_text.done", ofPart("\"logprobs\":[],\"text\":" + whole));
            event("response.content_part.done", ofPart("\"part\":" + part(said.whole())));
        } else {
            said.pieces()
                    .forEach(piece ->
                            event("response.function_call_arguments.delta", ofCall("\"delta\":" + quoted(piece))));
            event(
                    "response.function_call_arguments.done",
                    ofCall("\"name\":" + quoted(said.tool()) + ",\"arguments\":" + whole));
        }
        event("response.output_item.done", "\"output_index\":0,\"item\":" + item("completed", said.whole()));
        event(
                said.finishReason() == null ? "response.completed" : "response.incomplete",
                "\"response\":" + document("completed"));
        return events;
    }

    private String ofPart(String more) {
        return "\"item_id\":\"msg_" + number + "\",\"output_index\":0,\"content_index\":0," + more;
    }

    private String ofCall(String more) {
        return "\"item_id\":\"fc_" + number + "\",\"output_index\":0," + more;
    }

    private void event(String type, String more) {
        events.add("event: " + type + "\ndata: {\"type\":\"" + type + "\",\"sequence_number\":" + events.size() + ","
                + more + "}");
    }

    private String usage() {
        return """
                {"input_tokens":%d,"input_tokens_details":{"cached_tokens":0,"cache_write_tokens":0},"output_tokens":%d,\
                "output_tokens_details":{"reasoning_tokens":0},"total_tokens":%d}""".formatted(said.inputTokens(), said.outputTokens(), said.inputTokens() + said.outputTokens());
    }
}
