package dev.llmpropagation.testkit;

import static dev.llmpropagation.testkit.Dialect.quoted;

import dev.llmpropagation.testkit.Answer.Failure;
import dev.llmpropagation.testkit.Answer.Said;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Gemini's, also as Vertex AI serves it: generateContent, its stream, and embeddings. */
final class GeminiDialect implements Dialect {

    private static final int DIMENSIONS = 3;

    @Override
    public String basePath() {
        return "";
    }

    @Override
    public @Nullable Body say(Asked asked, Said said, int number) {
        String method = asked.path().substring(asked.path().lastIndexOf(':') + 1);
        return switch (method) {
            case "generateContent" -> Body.json(response(asked, said, number, said.whole(), true));
            case "streamGenerateContent" -> Body.events(events(asked, said, number), "\r\n");
            case "embedContent" -> Body.json("{\"embedding\":" + embedding() + "}");
            case "batchEmbedContents" -> Body.json("{\"embeddings\":" + embeddings(asked.count("requests")) + "}");
            case "predict" -> Body.json("{\"predictions\":" + predictions(asked, said) + "}");
            default -> null;
        };
    }

    private static List<String> events(Asked asked, Said said, int number) {
        List<String> events = new ArrayList<>();
        List<String> pieces = said.tool() == null ? said.pieces() : List.of(said.whole());
        for (int i = 0; i < pieces.size(); i++) {
            events.add("data: " + response(asked, said, number, pieces.get(i), i == pieces.size() - 1));
        }
        return events;
    }

    private static String response(Asked asked, Said said, int number, String piece, boolean last) {
        String part = said.tool() == null
                ? "{\"text\":" + quoted(piece) + "}"
                : "{\"functionCall\":{\"name\":" + quoted(said.tool()) + ",\"args\":" + piece + "}}";
        return """
                {"candidates":[{"content":{"parts":[%s],"role":"model"},%s"index":0}],\
                "usageMetadata":{"promptTokenCount":%d,"candidatesTokenCount":%d,"totalTokenCount":%d,\
                "promptTokensDetails":[{"modality":"TEXT","tokenCount":%d}]},\
                "modelVersion":%s,"responseId":"response-%d"}""".formatted(
                        part,
                        last ? "\"finishReason\":" + quoted(said.finishReasonOr("STOP")) + "," : "",
                        said.inputTokens(),
                        said.outputTokens(),
                        said.inputTokens() + said.outputTokens(),
                        said.inputTokens(),
                        quoted(model(asked)),
                        number);
    }

    private static String model(Asked asked) {
        String path = asked.path();
        return path.substring(path.lastIndexOf('/') + 1, path.lastIndexOf(':'));
    }

    private static String embedding() {
        return "{\"values\":" + OpenAiDialect.floats(DIMENSIONS) + "}";
    }

    private static String embeddings(int count) {
        return Collections.nCopies(count, embedding()).toString();
    }

    private static String predictions(Asked asked, Said said) {
        String prediction = "{\"embeddings\":{\"values\":" + OpenAiDialect.floats(DIMENSIONS)
                + ",\"statistics\":{\"token_count\":" + said.inputTokens() + ",\"truncated\":false}}}";
        return Collections.nCopies(asked.count("instances"), prediction).toString();
    }

    @Override
    public String error(int status, String message) {
        String name =
                switch (status) {
                    case 400 -> "INVALID_ARGUMENT";
                    case 401 -> "UNAUTHENTICATED";
                    case 403 -> "PERMISSION_DENIED";
                    case 404 -> "NOT_FOUND";
                    case 429 -> "RESOURCE_EXHAUSTED";
                    case 503 -> "UNAVAILABLE";
                    case 504 -> "DEADLINE_EXCEEDED";
                    default -> "INTERNAL";
                };
        return """
                {"error":{"code":%d,"message":%s,"status":"%s"}}""".formatted(status, quoted(message), name);
    }

    @Override
    public Map<String, String> headers(Failure failure) {
        return failure.retryAfter() == null
                ? Map.of()
                : Map.of("Retry-After", ScriptedAnswers.seconds(failure.retryAfter()));
    }

    @Override
    public Map<String, String> headers(int number) {
        return Map.of();
    }
}
