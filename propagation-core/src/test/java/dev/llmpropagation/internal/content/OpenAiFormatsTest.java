package dev.llmpropagation.internal.content;

import static dev.llmpropagation.internal.content.ContentCalls.CHAT;
import static dev.llmpropagation.internal.content.ContentCalls.COMPLETIONS;
import static dev.llmpropagation.internal.content.ContentCalls.RESPONSES;
import static dev.llmpropagation.internal.content.ContentCalls.answer;
import static dev.llmpropagation.internal.content.ContentCalls.asked;
import static dev.llmpropagation.internal.content.ContentCalls.assertMessages;
import static dev.llmpropagation.internal.content.ContentCalls.assertTools;
import static dev.llmpropagation.internal.content.ContentCalls.json;
import static dev.llmpropagation.internal.content.ContentCalls.said;
import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.internal.span.CallContent;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What chats, completions and responses say, by value: every kind of part, of tool and of end. */
class OpenAiFormatsTest {

    @Test
    void chat_messagesOfEachRole() {
        assertMessages(CHAT, """
                {"messages":[
                 {"role":"system","content":"be brief"},
                 {"content":"without a role"},
                 {"role":"user","content":[{"type":"text","text":"what is this"},"bare",
                  {"type":"image_url","image_url":{"url":"https://img.example/a.png?sig=s"}},
                  {"type":"image_url","image_url":"data:image/png;base64,aGVsbG8="},
                  {"type":"video_url","video_url":{"url":"https://img.example/a.mp4#t"}},
                  {"type":"input_audio","input_audio":{"format":"mp3","data":"aGVsbG8="}},
                  {"type":"input_audio","input_audio":{"format":"wav"}},
                  {"type":"file","file":{"file_id":"f-1","file_data":"aGVsbG8="}},
                  {"type":"file","file":{"file_data":"aGVsbG8="}},
                  {"type":"file","file":{"file_data":"data:application/pdf;base64,aGVsbG8="}},
                  {"type":"file","file":{}},
                  {"type":"something_new"}]},
                 {"role":"assistant","reasoning_content":"I think","content":"I say","refusal":"I will not",
                  "function_call":{"name":"old","arguments":"{\\"a\\":1}"},
                  "tool_calls":[{"id":"c-1","type":"function","function":{"name":"new","arguments":"no json"}},
                   {"id":"c-2","type":"custom","custom":{"name":"own","input":"words"}},{"id":"c-3"}]},
                 {"role":"assistant","reasoning":"so I think","content":[{"type":"refusal","refusal":"no"}]},
                 {"role":"tool","tool_call_id":"c-1","name":"new","content":"rain"},
                 {"role":"function","name":"old","content":[{"type":"text","text":"ra"},{"type":"text","text":"in"}]},
                 {"role":"tool","tool_call_id":"c-2","content":null}]}
                """, """
                [{"role":"system","parts":[{"type":"text","content":"be brief"}]},
                 {"role":"user","parts":[{"type":"text","content":"without a role"}]},
                 {"role":"user","parts":[{"type":"text","content":"what is this"},{"type":"text","content":"bare"},
                  {"type":"uri","modality":"image","uri":"https://img.example/a.png"},
                  {"type":"blob","modality":"image","mime_type":"image/png","size":5},
                  {"type":"uri","modality":"video","uri":"https://img.example/a.mp4"},
                  {"type":"blob","modality":"audio","mime_type":"audio/mpeg","size":5},
                  {"type":"blob","modality":"audio","mime_type":"audio/wav"},
                  {"type":"file","modality":"document","file_id":"f-1"},
                  {"type":"blob","modality":"document","size":5},
                  {"type":"blob","modality":"document","mime_type":"application/pdf","size":5},
                  {"type":"something_new"}]},
                 {"role":"assistant","parts":[{"type":"reasoning","content":"I think"},
                  {"type":"text","content":"I say"},{"type":"refusal","content":"I will not"},
                  {"type":"tool_call","name":"old","arguments":{"a":1}},
                  {"type":"tool_call","id":"c-1","name":"new","arguments":"no json"},
                  {"type":"tool_call","id":"c-2","name":"own","arguments":"words"},
                  {"type":"tool_call","id":"c-3","name":"unknown"}]},
                 {"role":"assistant","parts":[{"type":"reasoning","content":"so I think"},
                  {"type":"refusal","content":"no"}]},
                 {"role":"tool","parts":[{"type":"tool_call_response","id":"c-1","name":"new","response":"rain"}]},
                 {"role":"tool","parts":[{"type":"tool_call_response","name":"old","response":"rain"}]},
                 {"role":"tool","parts":[{"type":"tool_call_response","id":"c-2","response":""}]}]
                """);
    }

    @Test
    void chat_tools() {
        assertTools(CHAT, """
                {"tools":[
                 {"type":"function","function":{"name":"weather","description":"of a city","parameters":{"type":"object"}}},
                 {"function":{"name":"untyped"}},
                 {"type":"custom","custom":{"name":"own","description":"SECRET"}},
                 {"type":"web_search","api_key":"SECRET"}],
                 "functions":[{"name":"old","parameters":{"type":"string"}},{"description":"nameless"}]}
                """, """
                [{"type":"function","name":"weather","description":"of a city","parameters":{"type":"object"}},
                 {"type":"function","name":"untyped"},{"type":"custom","name":"own"},
                 {"type":"web_search","name":"web_search"},
                 {"type":"function","name":"old","parameters":{"type":"string"}},
                 {"type":"function","name":"unknown","description":"nameless"}]
                """);
    }

    @Test
    void chat_answerOfAllParts() throws IOException {
        assertThat(answer(CHAT, """
                {"choices":[{"index":1,"message":{"content":"second"},"finish_reason":"length"},
                 {"index":0,"message":{"reasoning":"I think","content":[{"type":"text","text":"I "},{"text":"say"}],
                  "refusal":"not that","audio":{"id":"a","data":"SECRET"},
                  "function_call":{"name":"old","arguments":"{}"},
                  "tool_calls":[{"id":"c-1","function":{"name":"f","arguments":"{\\"x\\":2}"}},
                   {"id":"c-2","type":"","function":{"name":"g"}}]},"finish_reason":"tool_calls"}]}
                """)).isEqualTo(json("""
                [{"role":"assistant","parts":[{"type":"reasoning","content":"I think"},{"type":"text","content":"I say"},
                  {"type":"refusal","content":"not that"},{"type":"blob","modality":"audio"},
                  {"type":"tool_call","name":"old","arguments":{}},
                  {"type":"tool_call","id":"c-1","name":"f","arguments":{"x":2}},
                  {"type":"tool_call","id":"c-2","name":"g"}],"finish_reason":"tool_call"},
                 {"role":"assistant","parts":[{"type":"text","content":"second"}],"finish_reason":"length"}]
                """));
    }

    @Test
    void chat_eventsOfAllParts() throws IOException {
        assertThat(answer(CHAT, true, """
                {"choices":[{"index":0,"delta":{"role":"assistant","reasoning_content":"I ","content":""},"finish_reason":""}]}
                {"choices":[{"delta":{"reasoning_content":"think"}}]}
                {"choices":[{"delta":{"content":"I "}}]}
                {"choices":[{"delta":{"content":"say"}}]}
                {"choices":[{"delta":{"tool_calls":[{"index":1,"id":"c-2","function":{"name":"g","arguments":"{}"}}]}}]}
                {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c-1","function":{"name":"f","arguments":"{\\"x\\""}}]}}]}
                {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"","function":{"name":"other","arguments":":2}"}}]}}]}
                no json
                {"choices":[{"delta":{},"finish_reason":"function_call"}]}
                """)).isEqualTo(json("""
                [{"role":"assistant","parts":[{"type":"reasoning","content":"I think"},{"type":"text","content":"I say"},
                  {"type":"tool_call","id":"c-1","name":"f","arguments":{"x":2}},
                  {"type":"tool_call","id":"c-2","name":"g","arguments":{}}],"finish_reason":"tool_call"}]
                """));
    }

    @Test
    void completions_promptsAndTexts() throws IOException {
        assertMessages(COMPLETIONS, "{\"prompt\":[\"one\",\"two\",[1,2]]}", """
                [{"role":"user","parts":[{"type":"text","content":"one"}]},
                 {"role":"user","parts":[{"type":"text","content":"two"}]}]
                """);
        assertThat(answer(COMPLETIONS, "{\"choices\":[{\"text\":\"said\",\"finish_reason\":\"stop\"}]}"))
                .isEqualTo(
                        json(
                                "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"said\"}],\"finish_reason\":\"stop\"}]"));
    }

    @Test
    void responses_inputOfEachKind() {
        CallContent told = asked(RESPONSES, """
                {"instructions":"be brief","input":["bare",
                 {"role":"user","content":"as text"},
                 {"type":"message","role":"developer","content":[{"type":"input_text","text":"one"},
                  {"type":"input_image","image_url":"https://img.example/a.png?s=1"},
                  {"type":"input_image","file_id":"f-1"},
                  {"type":"input_file","file_url":"https://h.example/a.pdf"},
                  {"type":"input_file","file_data":"aGVsbG8="},{"type":"input_file","file_data":"data:text/plain;base64,aGVsbG8="},
                  {"type":"input_file"},{"type":"something_new"}]},
                 {"type":"message","content":"without a role"},
                 {"type":"message","role":"assistant","content":[{"type":"output_text","text":"said"},
                  {"type":"refusal","refusal":"no"}]},
                 {"type":"reasoning","summary":[{"text":"sum"}],"content":[{"text":"whole"}]},
                 {"type":"function_call","call_id":"c-1","name":"f","arguments":"{\\"x\\":1}"},
                 {"type":"function_call_output","call_id":"c-1","output":[{"type":"input_text","text":"ra"},"in"]},
                 {"type":"custom_tool_call","call_id":"c-2","name":"own","input":"words"},
                 {"type":"custom_tool_call_output","call_id":"c-2","output":"rain"},
                 {"type":"image_generation_call","id":"i-1","result":"aGVsbG8="},
                 {"type":"web_search_call","id":"w-1","action":{"query":"SECRET"}},
                 {"type":"computer_call_output","id":"o-1"}]}
                """);
        assertThat(json(told.systemInstructions())).isEqualTo(json("[{\"type\":\"text\",\"content\":\"be brief\"}]"));
        assertThat(json(told.inputMessages())).isEqualTo(json("""
                [{"role":"user","parts":[{"type":"text","content":"bare"}]},
                 {"role":"user","parts":[{"type":"text","content":"as text"}]},
                 {"role":"developer","parts":[{"type":"text","content":"one"},
                  {"type":"uri","modality":"image","uri":"https://img.example/a.png"},
                  {"type":"file","modality":"image","file_id":"f-1"},
                  {"type":"uri","modality":"document","uri":"https://h.example/a.pdf"},
                  {"type":"blob","modality":"document","size":5},
                  {"type":"blob","modality":"document","mime_type":"text/plain","size":5},{"type":"something_new"}]},
                 {"role":"user","parts":[{"type":"text","content":"without a role"}]},
                 {"role":"assistant","parts":[{"type":"text","content":"said"},{"type":"refusal","content":"no"}]},
                 {"role":"assistant","parts":[{"type":"reasoning","content":"sum"},{"type":"reasoning","content":"whole"}]},
                 {"role":"assistant","parts":[{"type":"tool_call","id":"c-1","name":"f","arguments":{"x":1}}]},
                 {"role":"tool","parts":[{"type":"tool_call_response","id":"c-1","response":"rain"}]},
                 {"role":"assistant","parts":[{"type":"tool_call","id":"c-2","name":"own","arguments":"words"}]},
                 {"role":"tool","parts":[{"type":"tool_call_response","id":"c-2","response":"rain"}]},
                 {"role":"assistant","parts":[{"type":"blob","modality":"image","size":5}]},
                 {"role":"assistant","parts":[{"type":"server_tool_call","id":"w-1","name":"web_search_call",
                  "server_tool_call":{"type":"web_search_call"}}]},
                 {"role":"tool","parts":[{"type":"server_tool_call","id":"o-1","name":"computer_call_output",
                  "server_tool_call":{"type":"computer_call_output"}}]}]
                """));
    }

    @Test
    void responses_tools() {
        assertTools(RESPONSES, """
                {"tools":[{"type":"function","name":"weather","parameters":{"type":"object"}},
                 {"type":"mcp","server_label":"files","headers":{"Authorization":"SECRET"}},
                 {"type":"custom","name":"own"},{"type":"web_search"},{}]}
                """, """
                [{"type":"function","name":"weather","parameters":{"type":"object"}},{"type":"mcp","name":"files"},
                 {"type":"custom","name":"own"},{"type":"web_search","name":"web_search"},
                 {"type":"unknown","name":"unknown"}]
                """);
    }

    @Test
    void responses_eventsOfAllParts() throws IOException {
        assertThat(answer(RESPONSES, true, """
                {"type":"response.created","response":{"status":"in_progress","output":[]}}
                {"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"I "}
                {"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"think"}
                {"type":"response.reasoning_text.delta","output_index":0,"content_index":1,"delta":"more"}
                {"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"I "}
                {"type":"response.output_text.delta","output_index":1,"content_index":0,"delta":"say"}
                {"type":"response.refusal.delta","output_index":1,"content_index":1,"delta":"no"}
                {"type":"response.output_item.added","output_index":2,"item":{"type":"function_call","call_id":"c-1","name":"f","arguments":""}}
                {"type":"response.function_call_arguments.delta","output_index":2,"delta":"{\\"x\\":1}"}
                {"type":"response.output_item.added","output_index":3,"item":{"type":"custom_tool_call","call_id":"c-2","name":"own","input":""}}
                {"type":"response.custom_tool_call_input.delta","output_index":3,"delta":"words"}
                {"type":"response.output_item.done","output_index":1,"item":{"type":"message","content":[{"type":"output_text","text":"I said"}]}}
                {"type":"response.something_new","output_index":0,"delta":"SECRET"}
                {"type":"response.completed","response":{"status":"completed","output":[]}}
                """)).isEqualTo(json("""
                [{"role":"assistant","parts":[{"type":"reasoning","content":"I think"},{"type":"reasoning","content":"more"},
                  {"type":"text","content":"I said"},
                  {"type":"tool_call","id":"c-1","name":"f","arguments":{"x":1}},
                  {"type":"tool_call","id":"c-2","name":"own","arguments":"words"}],"finish_reason":"tool_call"}]
                """));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "{\"status\":\"completed\"}                                                              | stop",
                "{\"status\":\"failed\"}                                                                 | error",
                "{\"status\":\"cancelled\"}                                                              | error",
                "{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"max_output_tokens\"}}   | length",
                "{\"status\":\"incomplete\",\"incomplete_details\":{\"reason\":\"content_filter\"}}      | content_filter",
                "{\"status\":\"incomplete\"}                                                             | error",
                "{\"status\":\"in_progress\"}                                                            | none"
            })
    void responses_ends(String end, @Nullable String reason) throws IOException {
        String answer = end.replaceFirst(
                "}$", ",\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"hi\"}]}]}");
        assertThat(answer(RESPONSES, answer)).isEqualTo(said("hi", reason));
    }

    @Test
    void responses_wholeAnswerAtTheEnd_standsInThePlaceOfItsPieces() throws IOException {
        assertThat(answer(RESPONSES, true, """
                {"type":"response.output_text.delta","delta":"half"}
                {"type":"response.completed","response":{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"whole"}]}]}}
                """)).isEqualTo(said("whole", "stop"));
    }

    @Test
    void responses_itemsOfAnAnswer_standInTheirOrder() throws IOException {
        assertThat(answer(RESPONSES, """
                {"status":"completed","output":[{"type":"reasoning","summary":[{"text":"I think"}]},
                 {"type":"message","content":[{"type":"output_text","text":"I say"}]},
                 {"type":"function_call","call_id":"c-1","name":"f","arguments":"{}"}]}
                """)).isEqualTo(json("""
                [{"role":"assistant","parts":[{"type":"reasoning","content":"I think"},{"type":"text","content":"I say"},
                  {"type":"tool_call","id":"c-1","name":"f","arguments":{}}],"finish_reason":"tool_call"}]
                """));
    }
}
