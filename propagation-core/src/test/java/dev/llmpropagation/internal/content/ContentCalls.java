package dev.llmpropagation.internal.content;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.llmpropagation.internal.model.ModelOperation;
import dev.llmpropagation.internal.model.RecognisedCalls;
import dev.llmpropagation.internal.span.CallContent;
import dev.llmpropagation.internal.span.ContentGate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okio.Buffer;
import org.jspecify.annotations.Nullable;

/** Model calls of each format, and what is told of them. */
final class ContentCalls {

    static final String CHAT = "https://h/v1/chat/completions";
    static final String COMPLETIONS = "https://h/v1/completions";
    static final String RESPONSES = "https://h/v1/responses";
    static final String GEMINI = "https://h/v1beta/models/m:generateContent";
    static final String INTERACTIONS = "https://h/v1beta/interactions";

    private ContentCalls() {}

    static void assertMessages(String url, String question, String expected) {
        assertThat(json(asked(url, question).inputMessages())).isEqualTo(json(expected));
    }

    static void assertTools(String url, String question, String expected) {
        String told = asked(url, question).toolDefinitions();
        assertThat(json(told)).isEqualTo(json(expected));
    }

    static CallContent asked(String url, String question) {
        return ContentReader.of(call(url), gate(true, 100_000, UnaryOperator.identity()), body(question))
                .told(null);
    }

    static @Nullable JsonNode answer(String url, String document) throws IOException {
        return answer(url, gate(true, 100_000, UnaryOperator.identity()), document);
    }

    static @Nullable JsonNode answer(String url, ContentGate gate, String document) throws IOException {
        return answer(url, gate, document, false, document.length());
    }

    /** @param events one a line */
    static @Nullable JsonNode answer(String url, boolean streamed, String events) throws IOException {
        String stream = Stream.of(events.strip().split("\n"))
                .map(event -> "data: " + event + "\n\n")
                .reduce("", String::concat);
        return answer(url, gate(true, 100_000, UnaryOperator.identity()), stream, streamed, stream.length());
    }

    static @Nullable JsonNode answer(String url, ContentGate gate, String text, boolean streamed, int step)
            throws IOException {
        ContentReader reader = ContentReader.of(call(url), gate, null);
        OutputReader output = reader.output();
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < bytes.length; i += step) {
            int count = Math.min(step, bytes.length - i);
            output.accept(new Buffer().write(bytes, i, count), count, streamed);
        }
        String told = reader.told(output).outputMessages();
        return told == null ? null : json(told);
    }

    static JsonNode said(String text, @Nullable String reason) {
        return json("[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"" + text + "\"}]"
                + (reason == null ? "" : ",\"finish_reason\":\"" + reason + "\"") + "}]");
    }

    static JsonNode json(@Nullable String text) {
        assertThat(text).isNotNull();
        JsonNode json = Json.parsed(text);
        assertThat(json).as(text).isNotNull();
        return json;
    }

    static ModelOperation call(String url) {
        return RecognisedCalls.post(url);
    }

    static RequestBody body(String json) {
        return RequestBody.create(json.getBytes(StandardCharsets.UTF_8), MediaType.get("application/json"));
    }

    static ContentGate gate(boolean reasoning, int maxLength, UnaryOperator<String> redaction) {
        return new ContentGate(true, true, reasoning, maxLength, redaction);
    }
}
