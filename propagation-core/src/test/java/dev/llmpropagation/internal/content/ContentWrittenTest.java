package dev.llmpropagation.internal.content;

import static dev.llmpropagation.internal.content.ContentCalls.CHAT;
import static dev.llmpropagation.internal.content.ContentCalls.GEMINI;
import static dev.llmpropagation.internal.content.ContentCalls.RESPONSES;
import static dev.llmpropagation.internal.content.ContentCalls.answer;
import static dev.llmpropagation.internal.content.ContentCalls.body;
import static dev.llmpropagation.internal.content.ContentCalls.call;
import static dev.llmpropagation.internal.content.ContentCalls.gate;
import static dev.llmpropagation.internal.content.ContentCalls.json;
import static dev.llmpropagation.internal.content.ContentCalls.said;
import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.internal.span.CallContent;
import java.io.IOException;
import java.util.function.UnaryOperator;
import okio.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is told of messages in all formats: nothing that is withheld, all of it or none, in whatever lines it comes. */
class ContentWrittenTest {

    @Test
    void thoughts_areLeftOutUnlessAskedFor() throws IOException {
        String answer = "{\"choices\":[{\"message\":{\"reasoning_content\":\"SECRET\",\"content\":\"hi\"}}]}";
        assertThat(answer(CHAT, gate(false, 10_000, UnaryOperator.identity()), answer))
                .isEqualTo(said("hi", null));
        String alone = "{\"choices\":[{\"message\":{\"reasoning_content\":\"SECRET\"}}]}";
        assertThat(answer(CHAT, gate(false, 10_000, UnaryOperator.identity()), alone))
                .isNull();
    }

    /** Texts, arguments, answers of tools, descriptions, parameters and places. */
    @Test
    void redaction_seesAllThatIsTold() throws IOException {
        String question = """
                {"messages":[{"role":"user","content":"key"},{"role":"user","content":
                  [{"type":"image_url","image_url":{"url":"https://h.example/key"}}]},
                 {"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{\\"a\\":\\"key\\"}"}}]},
                 {"role":"tool","tool_call_id":"c","content":"key"}],
                 "tools":[{"function":{"name":"f","description":"key","parameters":{"a":"key"}}}]}
                """;
        UnaryOperator<String> without = text -> text.replace("key", "***");
        CallContent told = ContentReader.of(call(CHAT), gate(true, 10_000, without), body(question))
                .told(null);
        assertThat(told.inputMessages() + told.toolDefinitions()).doesNotContain("key");
        assertThat(told.inputMessages().split("\\*\\*\\*", -1)).hasSize(5);
        assertThat(told.toolDefinitions().split("\\*\\*\\*", -1)).hasSize(3);

        UnaryOperator<String> refused = text -> text.contains("key") ? null : text;
        CallContent nothing = ContentReader.of(call(CHAT), gate(true, 10_000, refused), body(question))
                .told(null);
        assertThat(nothing.inputMessages()).isNull();
        assertThat(nothing.toolDefinitions()).isNull();
        assertThat(answer(CHAT, gate(true, 10_000, refused), "{\"choices\":[{\"message\":{\"content\":\"hi\"}}]}"))
                .as("a refusal is for one text")
                .isEqualTo(said("hi", null));
    }

    @Test
    void redactionThatBreaksJson_leavesAText() throws IOException {
        UnaryOperator<String> broken = text -> text.equals("{\"a\":1}") ? "a=1" : text;
        assertThat(
                        answer(
                                GEMINI,
                                gate(true, 10_000, broken),
                                "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":{\"a\":1}}}]}}]}"))
                .isEqualTo(
                        json(
                                "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"tool_call\",\"name\":\"f\",\"arguments\":\"a=1\"}]}]"));
    }

    /** All of it or nothing, of each of the four. */
    @Test
    void whatIsTooLong_isLeftOutWhole() throws IOException {
        String hello = "{\"choices\":[{\"message\":{\"content\":\"" + "x".repeat(100) + "\"}}]}";
        int length = answer(CHAT, hello).toString().length();
        assertThat(answer(CHAT, gate(true, length, UnaryOperator.identity()), hello))
                .isNotNull();
        assertThat(answer(CHAT, gate(true, length - 1, UnaryOperator.identity()), hello))
                .isNull();

        String question =
                "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"tools\":[{\"function\":{\"name\":\"f\","
                        + "\"description\":\"" + "x".repeat(300) + "\"}}]}";
        CallContent told = ContentReader.of(call(CHAT), gate(true, 200, UnaryOperator.identity()), body(question))
                .told(null);
        assertThat(told.inputMessages()).isNull();
        assertThat(told.toolDefinitions()).isNull();
    }

    @ParameterizedTest
    @CsvSource({"'', '\n'", "'', '\r\n'", "'', '\r'", "'event: e\n: comment\nid: 1\n', '\n'"})
    void events_areReadByAnyLineEnd(String before, String end) throws IOException {
        String first = "{\"choices\":[{\"delta\":{\"content\":\"he\"}}]}";
        String second = "{\"choices\":[{\"delta\":\n{\"content\":\"llo\"}}]}";
        String events = before + "data:" + first + end + end + "data: " + second.replace("\n", end + "data: ") + end
                + end + "data: [DONE]" + end + end;
        for (int step : new int[] {1, 7, events.length()}) {
            assertThat(answer(CHAT, gate(true, 10_000, UnaryOperator.identity()), events, true, step))
                    .as("in pieces of " + step)
                    .isEqualTo(said("hello", null));
        }
        assertThat(answer(
                        CHAT,
                        gate(true, 10_000, UnaryOperator.identity()),
                        "data: " + first + end,
                        true,
                        events.length()))
                .as("without the last blank line")
                .isEqualTo(said("he", null));
    }

    @Test
    void eventOfLinesWithoutAnEnd_isDroppedWithAllBeforeIt() throws IOException {
        OutputReader reader = ContentReader.of(call(CHAT), gate(true, 100, UnaryOperator.identity()), null)
                .output();
        String before = "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n";
        reader.accept(new Buffer().writeUtf8(before), before.length(), true);
        assertThat(reader.output().messages()).hasSize(1);
        String line = "data: " + "x".repeat(94) + '\n';
        for (int i = 0; i < 40; i++) {
            if (i == 10) {
                assertThat(reader.pendingBytes()).isEqualTo(10 * 95 - 1);
            }
            reader.accept(new Buffer().writeUtf8(line), line.length(), true);
        }
        // 32 times as many bytes as characters of text are looked at
        assertThat(reader.pendingBytes()).isZero();
        assertThat(reader.output().messages()).isEmpty();
        assertThat(reader.messages()).isEmpty();
    }

    /** 150 characters admit the text of 60 once and not twice. */
    @Test
    void itemThatComesOnceMoreWhole_countsOnce() throws IOException {
        String text = "x".repeat(60);
        String events = "data: {\"type\":\"response.output_text.delta\",\"delta\":\"" + text + "\"}\n\n"
                + "data: {\"type\":\"response.output_item.done\",\"item\":{\"type\":\"message\",\"content\":"
                + "[{\"type\":\"output_text\",\"text\":\"" + text + "\"}]}}\n\n";
        assertThat(answer(RESPONSES, gate(true, 150, UnaryOperator.identity()), events, true, events.length()))
                .isEqualTo(said(text, null));
    }
}
