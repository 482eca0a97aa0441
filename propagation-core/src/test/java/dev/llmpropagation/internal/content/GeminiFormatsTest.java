package dev.llmpropagation.internal.content;

import static dev.llmpropagation.internal.content.ContentCalls.GEMINI;
import static dev.llmpropagation.internal.content.ContentCalls.INTERACTIONS;
import static dev.llmpropagation.internal.content.ContentCalls.answer;
import static dev.llmpropagation.internal.content.ContentCalls.asked;
import static dev.llmpropagation.internal.content.ContentCalls.assertMessages;
import static dev.llmpropagation.internal.content.ContentCalls.assertTools;
import static dev.llmpropagation.internal.content.ContentCalls.json;
import static dev.llmpropagation.internal.content.ContentCalls.said;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.llmpropagation.internal.span.CallContent;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What content generation and interactions say, by value: every kind of part, of tool and of end. */
class GeminiFormatsTest {

    @Test
    void gemini_contentsOfEachKind() {
        CallContent told = asked(GEMINI, """
                {"systemInstruction":{"parts":[{"text":"be "},{"text":"brief"}]},"contents":[
                 {"parts":[{"text":"what is this"},{"inlineData":{"mimeType":"IMAGE/png","data":"aGVsbG8="}},
                  {"fileData":{"mimeType":"application/pdf","fileUri":"gs://bucket/a.pdf?x=1"}},
                  {"inlineData":{"data":"aGVsbG8="}}]},
                 {"role":"model","parts":[{"text":"I think","thought":true},{"text":"I say"},
                  {"functionCall":{"id":"c-1","name":"f","args":{"x":1}}},{"executableCode":{"code":"SECRET"}},
                  {"codeExecutionResult":{"output":"SECRET"}},{"somethingNew":{}}]},
                 {"role":"user","parts":[{"functionResponse":{"id":"c-1","name":"f","response":{"sky":"rain"}}}]},
                 {"role":"function","parts":[{"functionResponse":{"name":"g"}},{"text":"and"}]}]}
                """);
        assertThat(json(told.systemInstructions())).isEqualTo(json("[{\"type\":\"text\",\"content\":\"be brief\"}]"));
        assertThat(json(told.inputMessages())).isEqualTo(json("""
                [{"role":"user","parts":[{"type":"text","content":"what is this"},
                  {"type":"blob","modality":"image","mime_type":"IMAGE/png","size":5},
                  {"type":"uri","modality":"document","mime_type":"application/pdf","uri":"gs://bucket/a.pdf"},
                  {"type":"blob","modality":"document","size":5}]},
                 {"role":"assistant","parts":[{"type":"reasoning","content":"I think"},{"type":"text","content":"I say"},
                  {"type":"tool_call","id":"c-1","name":"f","arguments":{"x":1}},
                  {"type":"server_tool_call","name":"executableCode","server_tool_call":{"type":"executableCode"}},
                  {"type":"server_tool_call","name":"codeExecutionResult","server_tool_call":{"type":"codeExecutionResult"}}]},
                 {"role":"tool","parts":[{"type":"tool_call_response","id":"c-1","name":"f","response":{"sky":"rain"}}]},
                 {"role":"tool","parts":[{"type":"tool_call_response","name":"g","response":""},
                  {"type":"text","content":"and"}]}]
                """));
        assertThat(json(asked(GEMINI, "{\"systemInstruction\":\"bare\"}").systemInstructions()))
                .isEqualTo(json("[{\"type\":\"text\",\"content\":\"bare\"}]"));
    }

    @Test
    void gemini_tools() {
        assertTools(GEMINI, """
                {"tools":[{"functionDeclarations":[{"name":"f","description":"of a city","parameters":{"type":"OBJECT"}},
                  {"name":"g","parametersJsonSchema":{"type":"object"}}]},{"googleSearch":{"key":"SECRET"},"urlContext":{}}]}
                """, """
                [{"type":"function","name":"f","description":"of a city","parameters":{"type":"OBJECT"}},
                 {"type":"function","name":"g","parameters":{"type":"object"}},
                 {"type":"googleSearch","name":"googleSearch"},{"type":"urlContext","name":"urlContext"}]
                """);
    }

    @Test
    void gemini_eventsAreContinued_andAnArrayIsReadAsEvents() throws IOException {
        String events = """
                {"candidates":[{"index":0,"content":{"parts":[{"text":"I ","thought":true}]}}]}
                {"candidates":[{"content":{"parts":[{"text":"think","thought":true},{"text":"I "}]}},{"index":1,"content":{"parts":[{"text":"other"}]}}]}
                {"candidates":[{"content":{"parts":[{"text":"say"},{"functionCall":{"name":"f","args":{}}}]},"finishReason":"STOP"}]}
                """;
        JsonNode expected = json("""
                [{"role":"assistant","parts":[{"type":"reasoning","content":"I think"},{"type":"text","content":"I say"},
                  {"type":"tool_call","name":"f","arguments":{}}],"finish_reason":"tool_call"},
                 {"role":"assistant","parts":[{"type":"text","content":"other"}]}]
                """);
        assertThat(answer(GEMINI, true, events)).isEqualTo(expected);
        assertThat(answer(GEMINI, "[" + String.join(",", events.strip().split("\n")) + "]"))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "STOP, stop",
        "MAX_TOKENS, length",
        "SAFETY, content_filter",
        "RECITATION, content_filter",
        "BLOCKLIST, content_filter",
        "PROHIBITED_CONTENT, content_filter",
        "SPII, content_filter",
        "IMAGE_SAFETY, content_filter",
        "OTHER, other"
    })
    void gemini_ends(String theirs, String reason) throws IOException {
        assertThat(answer(
                        GEMINI,
                        "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hi\"}]},\"finishReason\":\"" + theirs
                                + "\"}]}"))
                .isEqualTo(said("hi", reason));
    }

    @Test
    void interactions_inputOfEachKind() {
        assertMessages(INTERACTIONS, """
                {"input":["bare",{"type":"text","text":"one"},{"type":"image","mime_type":"image/png","data":"aGVsbG8="},
                 {"type":"document","uri":"https://h.example/a.pdf?x"},{"type":"something_new"},
                 {"type":"thought","summary":[{"text":"I "},{"text":"think"}]},
                 {"type":"function_call","id":"c-1","name":"f","arguments":{"x":1}},
                 {"type":"function_result","call_id":"c-1","name":"f","result":"rain"},
                 {"type":"google_search_call","id":"g-1"},{"type":"model_output","content":[{"type":"text","text":"said"}]},
                 {"type":"audio","data":"aGVsbG8="},{"type":"video","uri":"https://h.example/a.mp4"}]}
                """, """
                [{"role":"user","parts":[{"type":"text","content":"bare"},{"type":"text","content":"one"},
                  {"type":"blob","modality":"image","mime_type":"image/png","size":5},
                  {"type":"uri","modality":"document","uri":"https://h.example/a.pdf"},{"type":"something_new"}]},
                 {"role":"assistant","parts":[{"type":"reasoning","content":"I think"}]},
                 {"role":"assistant","parts":[{"type":"tool_call","id":"c-1","name":"f","arguments":{"x":1}}]},
                 {"role":"tool","parts":[{"type":"tool_call_response","id":"c-1","name":"f","response":"rain"}]},
                 {"role":"assistant","parts":[{"type":"server_tool_call","id":"g-1","name":"google_search_call",
                  "server_tool_call":{"type":"google_search_call"}}]},
                 {"role":"assistant","parts":[{"type":"text","content":"said"}]},
                 {"role":"user","parts":[{"type":"blob","modality":"audio","size":5},
                  {"type":"uri","modality":"video","uri":"https://h.example/a.mp4"}]}]
                """);
    }

    @Test
    void interactions_eventsOfAllParts() throws IOException {
        assertThat(answer(INTERACTIONS, true, """
                {"event_type":"interaction.start"}
                {"event_type":"step.start","index":0,"step":{"type":"thought"}}
                {"event_type":"step.delta","index":0,"delta":{"type":"thought_summary","content":{"text":"I "}}}
                {"event_type":"step.delta","index":0,"delta":{"type":"thought","text":"think"}}
                {"event_type":"step.start","index":1,"step":{"type":"function_call","id":"c-1","name":"f","arguments":{}}}
                {"event_type":"step.delta","index":1,"delta":{"type":"arguments_delta","arguments":"{\\"x\\":1}"}}
                {"event_type":"step.delta","index":2,"delta":{"type":"text","text":"said"}}
                {"event_type":"step.delta","index":2,"delta":{"type":"something_new","text":"SECRET"}}
                {"event_type":"interaction.completed","interaction":{"status":"requires_action"}}
                """)).isEqualTo(json("""
                [{"role":"assistant","parts":[{"type":"reasoning","content":"I think"},
                  {"type":"tool_call","id":"c-1","name":"f","arguments":{"x":1}},{"type":"text","content":"said"}],
                  "finish_reason":"tool_call"}]
                """));
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "none",
            value = {
                "completed, stop",
                "requires_action, tool_call",
                "incomplete, length",
                "requires_continuation, length",
                "budget_exceeded, length",
                "failed, error",
                "cancelled, error",
                "in_progress, none"
            })
    void interactions_ends(String status, @Nullable String reason) throws IOException {
        assertThat(
                        answer(
                                INTERACTIONS,
                                "{\"status\":\"" + status
                                        + "\",\"steps\":[{\"type\":\"model_output\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]}]}"))
                .isEqualTo(said("hi", reason));
    }

    @Test
    void interactions_stepsOfAnAnswer_standInTheirOrder() throws IOException {
        assertThat(answer(INTERACTIONS, """
                {"status":"requires_action","steps":[{"type":"thought","summary":[{"text":"I think"}]},
                 {"type":"model_output","content":[{"type":"text","text":"I say"}]},
                 {"type":"function_call","id":"c-1","name":"f","arguments":{}}]}
                """)).isEqualTo(json("""
                [{"role":"assistant","parts":[{"type":"reasoning","content":"I think"},{"type":"text","content":"I say"},
                  {"type":"tool_call","id":"c-1","name":"f","arguments":{}}],"finish_reason":"tool_call"}]
                """));
    }
}
