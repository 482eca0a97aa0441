package dev.llmpropagation.internal.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.fixtures.WrittenBody;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.Buffer;
import org.junit.jupiter.api.Test;

class RequestScannerTest {

    private static final MediaType JSON = MediaType.get("application/json");

    private static final String CHAT = """
            {"messages":[{"role":"user","content":"{\\"model\\":\\"fake\\",\\"temperature\\":9}"},
              {"role":"tool","content":[{"type":"text","text":"fake","model":"fake","stream":false}]}],
             "model":"gpt-4o","temperature":0.25,"top_p":1,"n":2,"max_completion_tokens":100,"max_tokens":100,
             "frequency_penalty":-0.5,"presence_penalty":0.5,"seed":-7,"stop":["\\n","a\\u0020b"],"stream":true,
             "reasoning_effort":"high","response_format":{"type":"json_schema","json_schema":{"type":"fake"}},
             "service_tier":"flex","tools":[{"function":{"parameters":{"model":"fake","n":5}}}],"user":null}""";

    @Test
    void chatCompletion_saysWhatItAsksFor() {
        RequestFacts facts = read("/v1/chat/completions", CHAT);
        assertThat(facts)
                .isEqualTo(new RequestFacts(
                        "gpt-4o",
                        true,
                        0.25,
                        1.0,
                        null,
                        100L,
                        -0.5,
                        0.5,
                        -7L,
                        2L,
                        List.of("\n", "a b"),
                        "json",
                        null,
                        null,
                        "high",
                        null,
                        "flex",
                        false));
    }

    @Test
    void request_saysTheSame_cutAnywhere() {
        RequestFacts whole = read("/v1/chat/completions", CHAT);
        byte[] bytes = CHAT.getBytes(StandardCharsets.UTF_8);
        for (int cut = 0; cut <= bytes.length; cut++) {
            RequestScanner scanner = new RequestScanner(call("/v1/chat/completions"));
            scanner.accept(bytes, 0, cut);
            scanner.accept(bytes, cut, bytes.length - cut);
            assertThat(scanner.finish()).as("cut at %d", cut).isEqualTo(whole);
        }
    }

    /** Strict collectors refuse a whole batch for one. */
    @Test
    void halfOfACharacter_isReplaced() {
        assertThat(read("/v1/chat/completions", "{\"model\":\"a\\ud83d b \\ud83d\\udc4b\"}")
                        .model())
                .isEqualTo("a\ufffd b \ud83d\udc4b");
    }

    @Test
    void maxTokens_thatDisagree_areLeftOut() {
        assertThat(read("/v1/chat/completions", "{\"max_tokens\":1,\"max_completion_tokens\":2}")
                        .maxTokens())
                .isNull();
    }

    @Test
    void response_saysWhatItAsksFor() {
        RequestFacts facts = read("/v1/responses", """
                {"input":[{"role":"user","content":"x"}],"model":"o4-mini","max_output_tokens":5,"conversation":{"id":"conv_1"},
                "previous_response_id":"resp_0","reasoning":{"effort":"low","summary":"auto"},"text":{"format":{"type":"text"}}}""");
        assertThat(facts.model()).isEqualTo("o4-mini");
        assertThat(facts.maxTokens()).isEqualTo(5);
        assertThat(facts.previousResponseId()).isEqualTo("resp_0");
        assertThat(facts.reasoningLevel()).isEqualTo("low");
        assertThat(facts.outputType()).isEqualTo("text");
        assertThat(facts.stream()).isFalse();
    }

    @Test
    void contentGeneration_saysWhatItAsksFor() {
        RequestFacts facts = read("/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", """
                {"contents":[{"parts":[{"text":"x"}],"role":"user"}],"generationConfig":{"temperature":0.5,"topP":0.9,"topK":40.0,
                "candidateCount":3,"maxOutputTokens":64,"stopSequences":["END"],"presencePenalty":0.1,"frequencyPenalty":0.2,
                "seed":3,"responseMimeType":"application/json","thinkingConfig":{"thinkingLevel":"HIGH"}}}""");
        assertThat(facts)
                .isEqualTo(new RequestFacts(
                        "gemini-2.5-pro",
                        true,
                        0.5,
                        0.9,
                        40L,
                        64L,
                        0.2,
                        0.1,
                        3L,
                        3L,
                        List.of("END"),
                        "json",
                        null,
                        null,
                        "HIGH",
                        null,
                        null,
                        false));
    }

    @Test
    void embeddings_sayWhatTheyAskFor() {
        RequestFacts facts = read(
                "/v1/embeddings",
                "{\"input\":[\"a\"],\"model\":\"e\",\"encoding_format\":\"base64\",\"dimensions\":256}");
        assertThat(facts.encodingFormat()).isEqualTo("base64");
        assertThat(facts.dimensions()).isEqualTo(256);
        assertThat(read(
                                "/v1beta/models/e:batchEmbedContents",
                                "{\"requests\":[{\"outputDimensionality\":64,\"content\":{}}]}")
                        .dimensions())
                .isEqualTo(64);
    }

    @Test
    void stopSequence_thatIsTooLong_leavesAllOut() {
        String stop = "{\"stop\":[\"a\",\"" + "b".repeat(1000) + "\"],\"model\":\"m\"}";
        assertThat(read("/v1/chat/completions", stop).stopSequences()).isNull();
        assertThat(read("/v1/chat/completions", stop).model()).isEqualTo("m");
    }

    @Test
    void modelOfTheBody_winsOverThePath() {
        String azure = "/openai/deployments/mine/chat/completions";
        assertThat(read(azure, "{\"model\":\"gpt\"}").model()).isEqualTo("gpt");
        assertThat(read(azure, "{}").model()).isEqualTo("mine");
    }

    @Test
    void bodyThatIsNoJson_saysNothing() {
        assertThat(read("/v1/chat/completions", "\u001f\u008b model").model()).isNull();
        assertThat(read("/v1/chat/completions", "").model()).isNull();
        assertThat(read("/v1/chat/completions", "{\"model\":\"m").model()).isNull();
    }

    @Test
    void bodyThatCanBeSentOnlyOnce_isLeftAlone() {
        RequestBody once = WrittenBody.onceBy(sink -> {
            throw new AssertionError();
        });
        assertThat(RequestScanner.read(call("/v1/chat/completions"), once).model())
                .isNull();
    }

    @Test
    void bodyThatFails_saysWhatItSaidBefore() {
        RequestBody failing = WrittenBody.by(sink -> {
            sink.writeUtf8("{\"model\":\"m\",");
            sink.flush();
            throw new IOException("the body's own failure");
        });
        assertThat(RequestScanner.read(call("/v1/chat/completions"), failing).model())
                .isEqualTo("m");
    }

    @Test
    void buffer_isReadWhereItIs() {
        RequestScanner scanner = new RequestScanner(call("/v1/chat/completions"));
        Buffer buffer = new Buffer().writeUtf8(CHAT).writeUtf8("not of the body");
        long size = buffer.size();
        scanner.accept(buffer, CHAT.length());
        assertThat(scanner.finish()).isEqualTo(read("/v1/chat/completions", CHAT));
        assertThat(buffer.size()).isEqualTo(size);
    }

    private static RequestFacts read(String path, String body) {
        return RequestScanner.read(call(path), RequestBody.create(body, JSON));
    }

    private static ModelOperation call(String path) {
        return RecognisedCalls.post("https://host.example" + path);
    }
}
