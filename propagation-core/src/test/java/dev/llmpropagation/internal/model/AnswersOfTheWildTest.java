package dev.llmpropagation.internal.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import okhttp3.MediaType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers as gateways send them: what they are is told by their bytes, and whether they are answers at all. */
class AnswersOfTheWildTest {

    private static final String CHAT = "/v1/chat/completions";
    private static final String GEMINI = "/v1beta/models/m:generateContent";
    private static final String CHUNK = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
    private static final String LAST = "data: {\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}]}\n\n";

    static Iterable<WireBody> bodies() {
        return WireBody.all();
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void label_changesNothing(WireBody body) {
        ResponseFacts known = body.facts();
        for (MediaType label : new MediaType[] {
            null,
            MediaType.get("text/html"),
            MediaType.get("application/json"),
            MediaType.get("text/event-stream"),
            MediaType.get("application/octet-stream")
        }) {
            ResponseScanner scanner = body.call().responseScanner(label, "none", body.isStream());
            Passing.all(body.bytes(), scanner);
            assertThat(scanner.isStream()).isEqualTo(body.isStream());
            assertThat(scanner.finish(false)).as("%s", label).isEqualTo(known);
        }
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void byteOrderMark_changesNothing_cutAnywhere(WireBody body) {
        byte[] mark = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};
        for (int cut = 0; cut <= mark.length; cut++) {
            ResponseScanner scanner = body.scanner();
            Passing.piece(mark, 0, cut, scanner);
            Passing.piece(mark, cut, mark.length - cut, scanner);
            Passing.all(body.bytes(), scanner);
            assertThat(scanner.finish(false)).isEqualTo(body.facts());
        }
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void body_ofTheCorpus_isAnAnswer_unlessItIsCut(WireBody body) {
        boolean asked = body.isStream() || body.name().equals("gemini-array.json");
        String fault = fault(body.call(), new String(body.bytes(), StandardCharsets.UTF_8), asked, true);

        assertThat(fault).isEqualTo(body.name().contains("cut") ? ResponseScanner.INCOMPLETE : null);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                // body, whether it was read to its end, and what it is to a call for a document
                "<!DOCTYPE html><html>Log in</html> | true | invalid_response",
                "<!DOCTYPE html><html>Log in</html> | false | invalid_response",
                "error code: 502 | true | invalid_response",
                "null | true | invalid_response",
                "'' | true | incomplete_response",
                "'' | false | -",
                "'  ' | true | incomplete_response",
                "{\"choices\":[{\"message\":{\"content\":\"a | true | incomplete_response",
                "{\"choices\":[{\"message\":{\"content\":\"a | false | -",
                "{\"id\":\"c\"}} | true | -",
                "{\"id\":\"c\", id:1} | true | invalid_response",
                "{} | true | -",
                "data: {\"choices\":[]} | true | invalid_response",
            })
    void document_isJudgedByItsBytes(String body, boolean toItsEnd, String expected) {
        assertThat(fault(call(CHAT), body, false, toItsEnd)).isEqualTo(expected);
        assertThat(fault(call(GEMINI), body, false, toItsEnd)).isEqualTo(expected);
    }

    @Test
    void stream_needsAMarkOrAReasonForItsEnd() {
        assertThat(fault(call(CHAT), "", true, true)).isEqualTo("incomplete_response");
        assertThat(fault(call(CHAT), ": hi\n\n", true, true)).isEqualTo("incomplete_response");
        assertThat(fault(call(CHAT), CHUNK, true, true)).isEqualTo("incomplete_response");
        assertThat(fault(call(CHAT), CHUNK, true, false)).isNull();
        assertThat(fault(call(CHAT), CHUNK + "data: [DONE]\n\n", true, true)).isNull();
        assertThat(fault(call(CHAT), CHUNK + "data:[DONE]", true, true)).isNull();
        assertThat(fault(call(CHAT), CHUNK + "data: \"[DONE]\"\n\n", true, true))
                .isEqualTo("incomplete_response");
        assertThat(fault(call(CHAT), CHUNK + LAST, true, true)).isNull();
        assertThat(fault(call(CHAT), "<html>Log in</html>", true, true)).isEqualTo("invalid_response");
        assertThat(fault(call(CHAT), "{\"id\":\"c\",\"choices\":[]}", true, true))
                .isEqualTo("incomplete_response");
        // What nobody could read, nobody judges.
        assertThat(fault(call(CHAT), CHUNK + LAST, null, true)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"error\":null,\"choices\":[]}",
                "{\"error\":{},\"choices\":[]}",
                "{\"error\":{ },\"choices\":[]}",
                "{\"error\":\"\",\"choices\":[]}",
                "{\"error\":[],\"choices\":[]}",
                "{\"error\":false,\"choices\":[]}"
            })
    void errorWithNothingInIt_isNone(String document) {
        assertThat(scanner(call(CHAT), document, false).errorType()).isNull();
        assertThat(scanner(call(GEMINI), document, false).errorType()).isNull();
    }

    /** Both SDKs throw at such an event. */
    @ParameterizedTest
    @ValueSource(strings = {"null", "{}", "{ }", "\"\"", "false"})
    void errorWithNothingInIt_endsAStream(String error) {
        String event = "data: {\"error\":" + error + ",\"choices\":[]}\n\n";
        assertThat(scanner(call(CHAT), event, true).errorType()).isEqualTo("_OTHER");
        assertThat(scanner(call(GEMINI), event, true).errorType()).isEqualTo("_OTHER");
        String responses = "data: {\"type\":\"response.created\",\"response\":{\"error\":" + error + "}}\n\n";
        assertThat(scanner(call("/v1/responses"), responses, true).errorType()).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"error\":{\"code\":503,\"message\":\"m\"}}\\n | 503",
                "{\\n  \"error\": {\\n    \"code\": 503,\\n    \"status\": \"UNAVAILABLE\"\\n  }\\n}\\n | UNAVAILABLE",
                "{\"error\":{\"message\":\"m\"}}\\n\\n | _OTHER",
                "{\"error\":{\"code\":503,\"mess | 503",
                "{\"error\":{\"mess | _OTHER",
                "error: {\"code\":503,\"message\":\"m\"}\\n\\n | 503",
                "error:{\"code\":\"overloaded\"}\\r\\n | overloaded",
                "error: upstream is gone\\n | _OTHER",
                "event: error\\ndata: {\"message\":\"m\"}\\n\\n | _OTHER",
                "event:error\\ndata:{\"error\":{\"type\":\"overloaded_error\"}}\\n\\n | overloaded_error",
            })
    void errorBetweenEvents_isRead(String escaped, String expected) {
        String error = escaped.replace("\\n", "\n").replace("\\r", "\r");
        String stream = CHUNK + error;
        for (int cut = 0; cut <= stream.length(); cut++) {
            ResponseScanner scanner = call(CHAT).responseScanner(null, null, true);
            byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);
            Passing.piece(bytes, 0, cut, scanner);
            Passing.piece(bytes, cut, bytes.length - cut, scanner);
            assertThat(scanner.errorType()).as("cut at %d", cut).isEqualTo(expected);
        }
    }

    @Test
    void eventsAfterAnErrorBetweenThem_areReadOn() {
        ResponseScanner scanner =
                scanner(call(CHAT), CHUNK + "{\"warning\":1}\n\nevent: errors\nretry: 5\n" + LAST, true);

        assertThat(scanner.errorType()).isNull();
        assertThat(scanner.finish(false).finishReasons()).containsExactly("stop");
    }

    private static @Nullable String fault(
            ModelOperation call, String body, @Nullable Boolean stream, boolean toItsEnd) {
        String fault = scanner(call, body, stream).fault(toItsEnd);
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        ResponseScanner piecemeal = call.responseScanner(null, null, stream);
        for (int i = 0; i < bytes.length; i++) {
            Passing.piece(bytes, i, 1, piecemeal);
        }
        assertThat(piecemeal.fault(toItsEnd)).isEqualTo(fault);
        return fault;
    }

    private static ResponseScanner scanner(ModelOperation call, String body, @Nullable Boolean stream) {
        ResponseScanner scanner = call.responseScanner(null, null, stream);
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        Passing.all(bytes, scanner);
        return scanner;
    }

    private static ModelOperation call(String path) {
        return RecognisedCalls.post("https://host.example" + path);
    }
}
