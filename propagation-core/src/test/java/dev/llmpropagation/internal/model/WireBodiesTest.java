package dev.llmpropagation.internal.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.internal.span.Attribute;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import okio.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the SDKs read in these bodies is compared in the module verification; here is what they do not tell. */
class WireBodiesTest {

    static List<WireBody> bodies() {
        return WireBody.all();
    }

    /** Cuts at all other places: {@link WireBodiesCutAnywhereTest}. */
    @ParameterizedTest
    @MethodSource("bodies")
    void body_saysTheSame_byteByByte(WireBody body) {
        ResponseScanner scanner = body.scanner();
        byte[] bytes = body.bytes();
        for (int i = 0; i < bytes.length; i++) {
            Passing.piece(bytes, i, 1, scanner);
        }
        assertThat(scanner.finish(false)).isEqualTo(body.facts());
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void body_inABuffer_staysThere(WireBody body) throws Exception {
        ResponseScanner scanner = body.scanner();
        Buffer buffer = new Buffer().writeUtf8("what was there before");
        // over the end of a segment
        buffer.write(new byte[8000]);
        buffer.write(body.bytes());
        long size = buffer.size();
        scanner.accept(buffer, body.bytes().length, 1);
        assertThat(scanner.finish(false)).isEqualTo(body.facts());
        assertThat(buffer.size()).isEqualTo(size);
        buffer.skip(size - body.bytes().length);
        assertThat(buffer.readByteArray()).isEqualTo(body.bytes());
    }

    @Test
    void names_withEscapes_areRead() {
        assertThat(WireBody.of("chat-escaped-names.json").facts())
                .isEqualTo(new ResponseFacts(
                        "chatcmpl-ü😀/x",
                        "m\"1\\",
                        List.of("stop"),
                        new Usage(3L, 2L, null, null, null, Map.of()),
                        null,
                        null,
                        null,
                        null));
    }

    @Test
    void codeThatTheModelWrote_isNoErrorCode() {
        byte[] stream = ("""
                data: {"type":"response.code_interpreter_call_code.done","code":"secret"}

                data: {"type":"error","code":null,"message":"m"}

                """).getBytes(StandardCharsets.UTF_8);
        ResponseScanner scanner = WireBody.of("responses-error.sse").scanner();
        Passing.all(stream, scanner);
        assertThat(scanner.finish(false).errorType()).isEqualTo("_OTHER");
    }

    @Test
    void codeThatTheModelWrote_isNoCodeOfAFailure() {
        byte[] stream = ("""
                data: {"type":"response.code_interpreter_call_code.done","code":"secret"}

                data: {"type":"response.failed","response":{"status":"failed","error":{"code":null,"message":"m"}}}

                """).getBytes(StandardCharsets.UTF_8);
        ResponseScanner scanner = WireBody.of("responses-error.sse").scanner();
        Passing.all(stream, scanner);
        assertThat(scanner.finish(false).errorType()).isEqualTo("_OTHER");
    }

    @Test
    void emptyNames_areNone() {
        assertThat(WireBody.of("chat-azure.sse").facts().id()).isEqualTo("chatcmpl-CYp0aZure1");
        assertThat(WireBody.of("chat-azure.sse").facts().model()).isEqualTo("gpt-4o-2024-11-20");
        assertThat(WireBody.of("chat-empty-reasons-cut.sse").facts().finishReasons())
                .containsExactly("error");
    }

    @Test
    void workInTheBackground_hasNoReasonYet_butACutStreamHasError() {
        assertThat(WireBody.of("responses-queued.json").facts().finishReasons()).isEmpty();
        assertThat(WireBody.of("interactions-background.json").facts().finishReasons())
                .isEmpty();
        assertThat(WireBody.of("responses-cut.sse").facts().finishReasons()).containsExactly("error");
    }

    @Test
    void choices_inAnyOrder_giveTheirReasonsByIndex() {
        assertThat(WireBody.of("chat-choices.json").facts().finishReasons())
                .containsExactly("stop", "length", "content_filter");
        assertThat(WireBody.of("chat-choices.sse").facts().finishReasons()).containsExactly("stop", "stop", "length");
        assertThat(WireBody.of("gemini-choices.json").facts().finishReasons())
                .containsExactly("STOP", "MAX_TOKENS", "SAFETY");
    }

    @Test
    void stream_thatWasCut_hasErrorForTheReasonThatIsMissing() {
        assertThat(WireBody.of("chat-cut.sse").facts().finishReasons()).containsExactly("error");
        assertThat(WireBody.of("responses-error.sse").facts().finishReasons()).containsExactly("error");
    }

    @Test
    void pitfall_46_lastReportOfUsage_replacesEarlierOnes() {
        assertThat(WireBody.of("chat-reasoning-crlf.sse").facts().usage())
                .isEqualTo(new Usage(21L, 44L, null, null, 40L, Map.of()));
        assertThat(WireBody.of("gemini-text.sse").facts().usage()).isEqualTo(text(7L, 26L, 2L, null, 5L, 7L));
    }

    private static Usage text(Long input, Long output, Long cached, Long written, Long reasoning, long textOfInput) {
        return new Usage(input, output, cached, written, reasoning, Map.of(Attribute.TEXT_INPUT_TOKENS, textOfInput));
    }

    @Test
    void pitfall_46_totalAlone_isNotSplitByAGuess() {
        ResponseScanner scanner = WireBody.of("chat-choices.json").scanner();
        byte[] body = "{\"usage\":{\"total_tokens\":30}}".getBytes(StandardCharsets.UTF_8);
        Passing.all(body, scanner);
        Usage usage = scanner.finish(false).usage();
        assertThat(usage == null ? new Usage(null, null, null, null, null, Map.of()) : usage)
                .isEqualTo(new Usage(null, null, null, null, null, Map.of()));
    }

    @Test
    void pitfall_47_usageOfGemini_countsThoughtsAsOutputAndToolsAsInput() {
        assertThat(WireBody.of("gemini-tools.json").facts().usage()).isEqualTo(text(56L, 40L, 20L, null, 31L, 50L));
    }

    @Test
    void statisticsOfVertexEmbeddings_areAdded() {
        assertThat(WireBody.of("predict.json").facts().usage())
                .isEqualTo(new Usage(15L, null, null, null, null, Map.of()));
    }

    @Test
    void arrayOfDocuments_isReadAsOneStream() {
        ResponseFacts facts = WireBody.of("gemini-array.json").facts();
        assertThat(facts.finishReasons()).containsExactly("STOP");
        assertThat(facts.usage()).isEqualTo(text(7L, 2L, null, null, null, 7L));
    }

    @Test
    void errorInsideABody_givesItsCode() {
        assertThat(WireBody.of("chat-error-in-200.json").facts().errorType()).isEqualTo("rate_limit_exceeded");
        assertThat(WireBody.of("chat-error.sse").facts().errorType()).isEqualTo("server_error");
        assertThat(WireBody.of("responses-failed.json").facts().errorType()).isEqualTo("server_error");
        assertThat(WireBody.of("responses-failed.sse").facts().errorType()).isEqualTo("rate_limit_exceeded");
        assertThat(WireBody.of("responses-error.sse").facts().errorType()).isEqualTo("server_error");
        assertThat(WireBody.of("gemini-error-in-200.json").facts().errorType()).isEqualTo("RESOURCE_EXHAUSTED");
        assertThat(WireBody.of("interactions-failed.json").facts().errorType()).isEqualTo("internal");
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void facts_holdNothingOfTheContent(WireBody body) {
        assertThat(body.facts().toString()).doesNotContain("fake", "secret", "Secret", "99999", "wor\\ld", "👋");
    }

    @ParameterizedTest
    @ValueSource(strings = {"chat-text.sse", "responses-text.sse", "gemini-thoughts.sse", "interactions-text.sse"})
    void pitfall_41_firstChunk_isTheFirstInWhichTheModelSaysSomething(String name) {
        WireBody body = WireBody.of(name);
        String text = new String(body.bytes(), java.nio.charset.StandardCharsets.UTF_8);
        ResponseScanner scanner = body.scanner();
        long nanos = 0;
        long expected = -1;
        for (String event : text.split("(?<=\n\n)")) {
            nanos++;
            if (expected < 0 && (event.contains("\"Hel\"") || event.contains("Thinking"))) {
                expected = nanos;
            }
            byte[] bytes = event.getBytes(java.nio.charset.StandardCharsets.UTF_8);
            scanner.accept(new Buffer().write(bytes), bytes.length, nanos);
        }
        assertThat(scanner.finish(false).firstChunkNanos()).isEqualTo(expected).isPositive();
    }
}
