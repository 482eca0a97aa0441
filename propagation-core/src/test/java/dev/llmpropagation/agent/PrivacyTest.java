package dev.llmpropagation.agent;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.internal.span.SpanText;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is recorded of what was said. The numbers are those of docs/pitfalls.md. */
class PrivacyTest {

    private static final String MARKER = "MARKER-7f3a";

    @RegisterExtension
    final AgentExtension telemetry = new AgentExtension();

    private final AgentTracing agent = telemetry.agent;

    @Test
    void pitfall_77_content_isNowhereUnlessSwitchedOn() {
        talk(telemetry.with(options -> options.content(ContentCapture.off())));
        assertThat(telemetry.everything() + telemetry.diagnostics).doesNotContain(MARKER);
    }

    @Test
    void pitfall_77_content_isWhereItIsSwitchedOn() {
        talk(telemetry.with(options -> options.content(ContentCapture.on())));
        assertThat(text(telemetry.span("qwen-code.interaction"), "gen_ai.input.messages"))
                .isEqualTo("[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"" + MARKER
                        + " \\\"1\\\"\\u000a\"}]}]");
        assertThat(text(telemetry.span("qwen-code.interaction"), "gen_ai.output.messages"))
                .contains(MARKER + " 4");
        SpanData tool = telemetry.span("qwen-code.tool");
        assertThat(text(tool, "gen_ai.tool.call.arguments")).isEqualTo(MARKER + " 2");
        assertThat(text(tool, "gen_ai.tool.call.result")).isEqualTo(MARKER + " 3");
        assertThat(attribute("qwen-code.user_prompt", "prompt")).startsWith(MARKER);
        assertThat(attribute("qwen-code.tool_call", "function_args")).isEqualTo(MARKER + " 2");
    }

    @ParameterizedTest
    @CsvSource({
        "true, true, true",
        "TRUE, true, true",
        "SPAN_AND_EVENT, true, true",
        "span_only, true, false",
        "EVENT_ONLY, false, true",
        "NO_CONTENT, false, false",
        "false, false, false",
        "yes, false, false",
        ", false, false"
    })
    void environment_isReadAsTheConventionSays(String value, boolean spans, boolean events) {
        ContentCapture capture = ContentCapture.parse(value);
        assertThat(capture.gate().forSpan("x") != null).isEqualTo(spans);
        assertThat(capture.gate().forEvent("x") != null).isEqualTo(events);
    }

    @Test
    void pitfall_79_content_isRedactedAndWholeOrNotAtAll() {
        ContentCapture capture = ContentCapture.on()
                .maxLength(10)
                .redaction(text -> text.equals("drop") ? null : text.replace("secret", "*"));
        assertThat(capture.gate().forSpan("a secret b c")).isEqualTo("a * b c");
        assertThat(capture.gate().forSpan("eleven char")).isNull();
        assertThat(capture.gate().forSpan("drop")).isNull();
        assertThatThrownBy(() -> ContentCapture.on().maxLength(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("maxLength")
                .hasMessageContaining("0");
    }

    @Test
    void pitfall_79_redactionThatFails_letsNothingThrough() {
        talk(telemetry.with(options -> options.content(ContentCapture.on().redaction(text -> {
            throw new IllegalStateException();
        }))));
        assertThat(telemetry.everything()).doesNotContain(MARKER);
        assertThat(telemetry.diagnostics)
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line).contains("redaction").doesNotContain(MARKER));
    }

    @Test
    void pitfall_77_contentAsAnAttributeOfTheProgram_isLeftOut() {
        agent.tool("t")
                .attribute(AttributeKey.stringKey("gen_ai.tool.call.arguments"), MARKER)
                .run(tool -> tool.attribute(AttributeKey.stringKey("gen_ai.input.messages"), MARKER));
        assertThat(telemetry.everything()).doesNotContain(MARKER);
    }

    @Test
    void pitfall_78_messageOfAnException_isNowhere() {
        assertThatThrownBy(
                        () -> agent.interaction("p").run(turn -> turn.tool("t").run(tool -> {
                            throw new IOException(MARKER, new IllegalStateException(MARKER));
                        })))
                .hasMessage(MARKER);
        assertThat(telemetry.everything()).doesNotContain(MARKER).contains("java.io.IOException");
        assertThat(telemetry.spans())
                .extracting(span -> span.getStatus().getDescription())
                .containsExactly("qwen-code.interaction failed", "qwen-code.tool failed");
    }

    @Test
    void pitfall_52_cut_leavesNoHalfOfACharacter() {
        String smile = "\ud83d\ude00";
        agent.tool("t").description("x".repeat(4095) + smile).run(tool -> {
            tool.failed("broken", "x".repeat(1023) + smile + "more");
        });
        SpanData span = telemetry.spans().get(0);
        assertThat(text(span, "error")).isEqualTo("x".repeat(1023) + "…[truncated]");
        assertThat(text(span, "gen_ai.tool.description")).isEqualTo("x".repeat(4095));
        assertThat(SpanText.wellFormed("a\ud83d b \ude00")).isEqualTo("a\ufffd b \ufffd");
        assertThat(SpanText.json("a\ud83d\n\"")).isEqualTo("\"a\ufffd\\u000a\\\"\"");
    }

    @Test
    void pitfall_53_errorOfTheProgram_isBoundedAndClean() {
        agent.tool("t")
                .run(tool -> tool.failed(
                        "broken",
                        "\u001b[31mno\u001b[0m\nhttps://user:pass@host/x?api_key=abc Authorization: Bearer abcdef "
                                + "sk-12345678abc "
                                + "y".repeat(10_000_000)));
        String error = text(telemetry.spans().get(0), "error");
        assertThat(error)
                .hasSizeLessThan(1100)
                .startsWith("no https://REDACTED@host/x?REDACTED")
                .doesNotContain("pass", "abc", "\u001b", "\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://u:p@MARKER@h/x",
                "client_secret=MARKER",
                "refresh_token: MARKER",
                "OPENAI_API_KEY=MARKER",
                "{\"password\":\"MARKER\"}",
                "password: 'MARKER'",
                "{authorization=[Bearer MARKER.def]}",
                "authorization: 'Bearer MARKER'",
                "Authorization: Token MARKER",
                "Proxy-Authorization: Negotiate MARKER",
                "\"authorization\":\"MARKER\"",
                "Cookie: session=MARKER; other=MARKER",
                "Set-Cookie=[session=MARKER; Path=/]",
                "api-key=[MARKER]"
            })
    void pitfall_53_secret_isFoundInEveryShape(String error) {
        agent.tool("t").run(tool -> tool.failed("broken", error));
        assertThat(text(telemetry.spans().get(0), "error")).contains("REDACTED").doesNotContain("MARKER");
    }

    @Test
    void pitfall_53_longSecret_isFoundToItsEnd() {
        for (String before : List.of("Authorization: Bearer ", "bearer ", "key=", "sk-")) {
            agent.tool("t").run(tool -> tool.failed("broken", before + "x".repeat(700) + "MARKER\nnext line"));
        }
        assertThat(telemetry.spans())
                .hasSize(4)
                .extracting(span -> text(span, "error"))
                .allSatisfy(error -> assertThat(error).doesNotContain("MARKER").contains("next line"));
    }

    @Test
    void pitfall_81_userId_isThatOfItsInteraction() {
        agent.interaction("p-1").userId("u-1").run(turn -> turn.tool("t")
                .run(tool -> tool.llmRequest("chat", "openai").run(request -> {})));
        agent.interaction("p-2").run(turn -> turn.tool("t").run(tool -> {}));
        assertThat(telemetry.spans())
                .extracting(span -> text(span, "gen_ai.user.id"))
                .containsExactly("u-1", "u-1", "u-1", null, null);
    }

    @Test
    void pitfall_115_session_isOnMetricsOnlyIfAskedFor() {
        agent.interaction("p").session("s-1").run(turn -> turn.tool("t").run(tool -> {}));
        assertThat(telemetry.metrics().toString()).doesNotContain("s-1");
        telemetry
                .with(options -> options.sessionOnMetrics(true))
                .interaction("p")
                .session("s-1")
                .run(turn -> turn.tool("t").run(tool -> {}));
        assertThat(telemetry.counter("qwen-code.tool.call.count"))
                .extracting(point -> text(point, "session.id"))
                .containsExactlyInAnyOrder(null, "s-1");
    }

    private static void talk(AgentTracing agent) {
        agent.interaction("p").prompt(MARKER + " \"1\"\n").run(turn -> {
            turn.tool("t").arguments(MARKER + " 2").run(tool -> tool.result(MARKER + " 3"));
            turn.answer(MARKER + " 4");
        });
    }

    private String attribute(String event, String name) {
        return text(List.copyOf(telemetry.events(event)).get(0), name);
    }
}
