package dev.llmpropagation.doctor.listen;

import static dev.llmpropagation.doctor.listen.PlayedAnswer.document;
import static dev.llmpropagation.doctor.listen.PlayedAnswer.events;

import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the Gemini API says, and Vertex AI where it is another. */
final class GeminiAnswers {

    private static final String USAGE = """
            "usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5,\
            "promptTokensDetails":[{"modality":"TEXT","tokenCount":3}]}""";
    private static final String VALUES = "\"values\":[0.1,0.2]";

    private GeminiAnswers() {}

    /** Null for a path that it does not have. */
    static @Nullable PlayedAnswer to(PlayedAnswer.Request request) {
        String path = request.path();
        int colon = path.lastIndexOf(':');
        int inputs = request.question().inputs();
        return switch (colon < 0 ? "" : path.substring(colon)) {
            case ":generateContent" -> document("Gemini generateContent", response(OpenAiAnswers.TEXT, true));
            case ":streamGenerateContent" -> stream(request.asks("alt=sse"));
            case ":countTokens" ->
                document(
                        "Gemini countTokens",
                        "{\"totalTokens\":3,\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":3}]}");
            case ":computeTokens" ->
                document(
                        "Gemini computeTokens",
                        "{\"tokensInfo\":[{\"role\":\"user\",\"tokenIds\":[\"1\"],\"tokens\":[\"SGVsbG8=\"]}]}");
            case ":embedContent" -> document("Gemini embedContent", "{\"embedding\":{" + VALUES + "}}");
            case ":batchEmbedContents" ->
                document(
                        "Gemini batchEmbedContents", "{\"embeddings\":[" + repeated("{" + VALUES + '}', inputs) + "]}");
            case ":predict" ->
                document(
                        "Vertex AI embeddings",
                        "{\"predictions\":["
                                + repeated(
                                        "{\"embeddings\":{" + VALUES
                                                + ",\"statistics\":{\"truncated\":false,\"token_count\":3}}}",
                                        inputs)
                                + "]}");
            default -> null;
        };
    }

    private static PlayedAnswer stream(boolean events) {
        String api = "Gemini streamGenerateContent";
        List<String> responses =
                List.of(response(OpenAiAnswers.WORDS.get(0), false), response(OpenAiAnswers.WORDS.get(1), true));
        return events
                ? events(
                        api,
                        responses.stream()
                                .map(response -> "data: " + response + "\r\n\r\n")
                                .toList())
                : document(api, "[" + String.join(",", responses) + "]");
    }

    private static String response(String text, boolean last) {
        return """
                {"candidates":[{"content":{"role":"model","parts":[{"text":"%s"}]}%s,"index":0}],%s,\
                "modelVersion":"listen","responseId":"g-1"}""".formatted(text, last ? ",\"finishReason\":\"STOP\"" : "", USAGE);
    }

    private static String repeated(String document, int count) {
        return String.join(",", Collections.nCopies(count, document));
    }
}
