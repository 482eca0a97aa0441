package dev.llmpropagation.internal.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.fixtures.WrittenBody;
import dev.llmpropagation.internal.model.ModelOperation;
import dev.llmpropagation.internal.model.RecognisedCalls;
import dev.llmpropagation.internal.span.CallContent;
import dev.llmpropagation.internal.span.ContentGate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is kept of a call, in whatever pieces it comes, and how little if it is too much or broken. */
class ContentReaderTest {

    private static final Path BODIES = Path.of("src/test/resources/wire");
    private static final MediaType JSON = MediaType.get("application/json");
    private static final ModelOperation CHAT = call("https://h/v1/chat/completions");

    @Test
    void interactions_areRead() throws IOException {
        ModelOperation call = call("https://h/v1beta/interactions");
        CallContent told = read(ContentReader.of(call, gate(10_000), body("""
                        {"model":"m","system_instruction":"be brief","input":[{"type":"text","text":"hi"},
                         {"type":"image","mime_type":"image/png","data":"aGk="}],
                         "tools":[{"type":"function","name":"weather","parameters":{"type":"object"}},
                          {"type":"mcp_server","name":"files","url":"https://u:p@h","headers":{"Authorization":"SECRET"}}]}
                        """)), "interactions-tools.sse");

        assertThat(told.systemInstructions()).isEqualTo("[{\"type\":\"text\",\"content\":\"be brief\"}]");
        assertThat(told.inputMessages())
                .isEqualTo("[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"hi\"},"
                        + "{\"type\":\"blob\",\"modality\":\"image\",\"mime_type\":\"image/png\",\"size\":2}]}]");
        assertThat(told.toolDefinitions())
                .isEqualTo("[{\"type\":\"function\",\"name\":\"weather\",\"parameters\":{\"type\":\"object\"}},"
                        + "{\"type\":\"mcp_server\",\"name\":\"files\"}]");
        assertThat(told.outputMessages())
                .isEqualTo("[{\"role\":\"assistant\",\"parts\":[{\"type\":\"tool_call\",\"id\":\"fc1\","
                        + "\"name\":\"weather\",\"arguments\":{\"city\":\"Oslo\"}}],\"finish_reason\":\"tool_call\"}]");
        assertThat(read(ContentReader.of(call, gate(10_000), null), "interactions-text.sse")
                        .outputMessages())
                .isEqualTo("[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"Hello\"}],"
                        + "\"finish_reason\":\"stop\"}]");
    }

    @ParameterizedTest
    @CsvSource({
        "interactions-tools.sse, interactions-tools.json",
        "interactions-text.sse, interactions-text.sse",
    })
    void interactionOfSteps_isThatOfItsEvents(String streamed, String whole) throws IOException {
        ModelOperation call = call("https://h/v1beta/interactions");
        String told = read(ContentReader.of(call, gate(10_000), null), streamed).outputMessages();
        String other = read(ContentReader.of(call, gate(10_000), null), whole).outputMessages();
        assertThat(told).isNotNull().isEqualTo(other.replace(",\"usage\":{\"total_input_tokens\":99999}", ""));
    }

    /** Numbers of a service are not believed so far that a thought could become a text. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "https://h/v1/responses | {\"type\":\"response.output_text.delta\",\"delta\":\"hi\"}"
                        + " | {\"type\":\"response.reasoning_text.delta\",\"delta\":\"SECRET\"}",
                "https://h/v1beta/interactions"
                        + " | {\"event_type\":\"step.delta\",\"delta\":{\"type\":\"text\",\"text\":\"hi\"}}"
                        + " | {\"event_type\":\"step.delta\",\"delta\":{\"type\":\"thought\",\"text\":\"SECRET\"}}",
            })
    void thought_atThePlaceOfAText_staysHidden(String url, String text, String thought) throws IOException {
        for (List<String> events : List.of(List.of(text, thought), List.of(thought, text))) {
            ContentReader reader = ContentReader.of(call(url), gate(10_000), null);
            OutputReader output = reader.output();
            for (String event : events) {
                Buffer passing = new Buffer().writeUtf8("data: " + event + "\n\n");
                output.accept(passing, passing.size(), true);
            }
            assertThat(reader.told(output).outputMessages())
                    .contains("{\"type\":\"text\",\"content\":\"hi\"}")
                    .doesNotContain("SECRET");
        }
    }

    /** A step whose beginning comes late, or twice, takes nothing of what was said before. */
    @Test
    void partsThatCameBeforeTheirStep_stay() throws IOException {
        String delta = "{\"event_type\":\"step.delta\",\"index\":0,\"delta\":{\"type\":\"text\",\"text\":\"%s\"}}";
        String start = "{\"event_type\":\"step.start\",\"index\":0,\"step\":{\"type\":\"model_output\",\"content\":"
                + "[{\"type\":\"text\",\"text\":\"\"},{\"type\":\"image\",\"mime_type\":\"image/png\",\"data\":\"aGk=\"}]}}";
        ContentReader reader = ContentReader.of(call("https://h/v1beta/interactions"), gate(10_000), null);
        OutputReader output = reader.output();
        for (String event : List.of(delta.formatted("he"), start, delta.formatted("llo"))) {
            Buffer passing = new Buffer().writeUtf8("data: " + event + "\n\n");
            output.accept(passing, passing.size(), true);
        }
        assertThat(reader.told(output).outputMessages())
                .isEqualTo("[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"hello\"},"
                        + "{\"type\":\"blob\",\"modality\":\"image\",\"mime_type\":\"image/png\",\"size\":2}]}]");
    }

    /** Nor does a service that repeats itself make anybody look through all that it said. */
    @Test
    void stepsThatBeginAgainAndAgain_areAllTold() throws IOException {
        String start =
                "data: {\"event_type\":\"step.start\",\"index\":0,\"step\":{\"type\":\"model_output\",\"content\":"
                        + "[{\"type\":\"text\",\"text\":\"a\"}]}}\n\n";
        String thought = "data: {\"event_type\":\"step.delta\",\"index\":0,\"delta\":"
                + "{\"type\":\"thought\",\"content\":{\"text\":\"SECRET\"}}}\n\n";
        ContentReader reader = ContentReader.of(call("https://h/v1beta/interactions"), gate(10_000), null);
        OutputReader output = reader.output();
        for (int i = 0; i < 100; i++) {
            Buffer passing = new Buffer().writeUtf8(start + thought);
            output.accept(passing, passing.size(), true);
        }
        String told = reader.told(output).outputMessages();
        assertThat(told).doesNotContain("SECRET");
        assertThat(told.split("\"content\":\"a\"", -1)).hasSize(101);
    }

    @Test
    void stepsOfInteractions_keepTheOrderOfTheirParts() throws IOException {
        CallContent told = read(
                ContentReader.of(call("https://h/v1beta/interactions"), gate(10_000), body("""
                        {"model":"m","input":[{"type":"user_input","content":[
                          {"type":"image","mime_type":"image/png","uri":"https://h/i.png"},{"type":"text","text":"what is this"}]},
                         {"type":"model_output","content":[{"type":"image","mime_type":"image/png","data":"aGk="},
                          {"type":"text","text":"a cat"},{"type":"image","mime_type":"image/png","data":"aGk="}]}]}
                        """)),
                "interactions-text.sse");

        assertThat(told.inputMessages())
                .isEqualTo("[{\"role\":\"user\",\"parts\":[{\"type\":\"uri\",\"modality\":\"image\","
                        + "\"mime_type\":\"image/png\",\"uri\":\"https://h/i.png\"},"
                        + "{\"type\":\"text\",\"content\":\"what is this\"}]},{\"role\":\"assistant\",\"parts\":["
                        + "{\"type\":\"blob\",\"modality\":\"image\",\"mime_type\":\"image/png\",\"size\":2},"
                        + "{\"type\":\"text\",\"content\":\"a cat\"},"
                        + "{\"type\":\"blob\",\"modality\":\"image\",\"mime_type\":\"image/png\",\"size\":2}]}]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://u:SECRET@h/i.png",
                "https://u:SEC/RET@h/i.png",
                "https:\\\\\\\\u:SECRET@h/i.png",
                "//u:SECRET@h/i.png",
                "u:SECRET@h/i.png"
            })
    void placeWithAPassword_isNotShown(String url) throws IOException {
        CallContent told = read(
                ContentReader.of(
                        CHAT,
                        gate(10_000),
                        body("{\"messages\":[{\"role\":\"user\",\"content\":"
                                + "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"" + url + "\"}}]}]}")),
                "chat-text.sse");

        assertThat(told.inputMessages()).contains("\"type\":\"uri\"").doesNotContain("SEC", "i.png");
    }

    static Stream<String> bodies() throws IOException {
        try (Stream<Path> files = Files.list(BODIES)) {
            return files
                    .map(file -> file.getFileName().toString())
                    .filter(name -> name.matches("(chat|responses|gemini|interactions|completions)-.*"))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    /** The whole corpus, errors and cut bodies included: no piece is lost or doubled at a cut, and nothing is thrown. */
    @ParameterizedTest
    @MethodSource("bodies")
    void pieces_sayTheSameAsTheWhole(String name) throws IOException {
        byte[] bytes = Files.readAllBytes(BODIES.resolve(name));
        boolean stream = name.endsWith(".sse");
        ModelOperation call = callOf(name);
        String whole = told(call, bytes, stream, bytes.length, 100_000);
        assertThat(told(call, bytes, stream, 1, 100_000)).isEqualTo(whole);
        Random random = new Random(7);
        for (int i = 0; i < 5; i++) {
            assertThat(told(call, bytes, stream, 1 + random.nextInt(100), 100_000))
                    .isEqualTo(whole);
        }
        String small = told(call, bytes, stream, 50, 40);
        assertThat(small == null || small.length() <= 40).isTrue();
    }

    @Test
    void endlessStream_isKeptUpToTheLimit() throws IOException {
        OutputReader reader = ContentReader.of(CHAT, gate(1_000), null).output();
        Buffer passing = new Buffer();
        for (int i = 0; i < 2_000; i++) {
            String event = "data: {\"choices\":[{\"index\":" + i + ",\"delta\":{\"tool_calls\":[{\"index\":" + i
                    + ",\"id\":\"c\"}]}}]}\n\n";
            passing.writeUtf8(event);
            reader.accept(passing, event.length(), true);
            passing.clear();
            assertThat(kept(reader)).isLessThan(2_000);
        }
        assertThat(reader.messages()).isEmpty();
    }

    @Test
    void endlessEventAndDocument_areDropped() throws IOException {
        for (boolean stream : new boolean[] {true, false}) {
            OutputReader reader = ContentReader.of(CHAT, gate(100), null).output();
            Buffer passing = new Buffer();
            for (int i = 0; i < 100; i++) {
                String piece = (i == 0 ? (stream ? "data: {" : "{") : "") + "x".repeat(1_000);
                passing.writeUtf8(piece);
                reader.accept(passing, piece.length(), stream);
                passing.clear();
                assertThat(reader.pendingBytes()).isLessThan(32 * 100 + 1_100);
            }
            assertThat(reader.pendingBytes()).isZero();
            assertThat(reader.messages()).isEmpty();
        }
    }

    @Test
    void image_doesNotCountAsText() {
        String image = "A".repeat(20_000);
        RequestBody body = body("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
                + "{\"url\":\"data:image/png;base64," + image + "\"}}]}]}");
        assertThat(ContentReader.of(CHAT, gate(1_000), body).told(null).inputMessages())
                .isEqualTo("[{\"role\":\"user\",\"parts\":[{\"type\":\"blob\",\"modality\":\"image\","
                        + "\"mime_type\":\"image/png\",\"size\":15000}]}]");
        assertThat(ContentReader.of(CHAT, gate(100), body).told(null).inputMessages())
                .as("more than 32 times the limit")
                .isNull();
    }

    @Test
    void bodyThatFailsOrIsNoJson_saysNothing() {
        RequestBody failing = WrittenBody.by(sink -> {
            throw new IOException("SECRET");
        });
        for (RequestBody body :
                new RequestBody[] {failing, body("{\"messages\":"), body("[]"), body("{\"messages\":7}")}) {
            CallContent told = ContentReader.of(CHAT, gate(100), body).told(null);
            assertThat(told.inputMessages()).isNull();
            assertThat(told.toolDefinitions()).isNull();
        }
    }

    @Test
    void redactionThatThrows_isTheCallers() {
        ContentReader reader = ContentReader.of(
                CHAT,
                new ContentGate(true, true, false, 1_000, text -> {
                    throw new IllegalStateException("redaction");
                }),
                body("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"));
        assertThatThrownBy(() -> reader.told(null)).hasMessage("redaction");
    }

    @Test
    void url_isShownWithoutQuery() {
        for (String url : new String[] {"https://img.example/a.png?sig=s#f", "https://img.example/a.png"}) {
            RequestBody body =
                    body("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
                            + "{\"url\":\"" + url + "\"}}]}]}");
            assertThat(ContentReader.of(CHAT, gate(1_000), body).told(null).inputMessages())
                    .contains("\"uri\":\"https://img.example/a.png\"");
        }
    }

    @Test
    void callsWithoutMessages_areNotRead() {
        assertThat(ContentReader.of(call("https://h/v1/embeddings"), gate(100), null))
                .isNull();
    }

    private static int kept(OutputReader reader) {
        return reader.output().messages().stream()
                .mapToInt(message -> message.parts().size() + 1)
                .sum();
    }

    private static String told(ModelOperation call, byte[] bytes, boolean stream, int step, int maxLength)
            throws IOException {
        ContentReader reader = ContentReader.of(call, gate(maxLength), null);
        OutputReader output = reader.output();
        Buffer passing = new Buffer();
        for (int i = 0; i < bytes.length; i += step) {
            int count = Math.min(step, bytes.length - i);
            passing.write(bytes, i, count);
            output.accept(passing, count, stream);
            if (i % 3 == 0) {
                passing.clear(); // an SDK reads at its own pace
            }
        }
        return reader.told(output).outputMessages();
    }

    private static CallContent read(ContentReader reader, String name) throws IOException {
        OutputReader output = reader.output();
        Buffer passing = new Buffer().write(Files.readAllBytes(BODIES.resolve(name)));
        output.accept(passing, passing.size(), name.endsWith(".sse"));
        return reader.told(output);
    }

    private static ModelOperation callOf(String name) {
        return call(
                name.startsWith("chat")
                        ? "https://h/v1/chat/completions"
                        : name.startsWith("responses")
                                ? "https://h/v1/responses"
                                : name.startsWith("completions")
                                        ? "https://h/v1/completions"
                                        : name.startsWith("gemini")
                                                ? "https://h/v1beta/models/m:generateContent"
                                                : "https://h/v1beta/interactions");
    }

    private static ModelOperation call(String url) {
        return RecognisedCalls.post(url);
    }

    private static RequestBody body(String json) {
        return RequestBody.create(json.getBytes(StandardCharsets.UTF_8), JSON);
    }

    private static ContentGate gate(int maxLength) {
        return new ContentGate(true, true, false, maxLength, UnaryOperator.identity());
    }
}
