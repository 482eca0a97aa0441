package dev.llmpropagation.testkit;

import dev.llmpropagation.testkit.Answer.Failure;
import dev.llmpropagation.testkit.Answer.Said;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Base64;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** OpenAI's: chat completions, Responses and embeddings. */
final class OpenAiDialect implements Dialect {

    private static final float COORDINATE = 0.5f;

    @Override
    public String basePath() {
        return "/v1";
    }

    @Override
    public @Nullable Body say(Asked asked, Said said, int number) {
        if (asked.path().endsWith("/chat/completions")) {
            OpenAiChat chat = new OpenAiChat(asked, said, number);
            return asked.streams() ? Body.events(chat.events(), "\n") : Body.json(chat.document());
        }
        if (asked.path().endsWith("/responses")) {
            OpenAiResponses responses = new OpenAiResponses(asked, said, number);
            return asked.streams() ? Body.events(responses.events(), "\n") : Body.json(responses.document("completed"));
        }
        if (asked.path().endsWith("/embeddings")) {
            return Body.json(embeddings(asked, said));
        }
        return null;
    }

    private static String embeddings(Asked asked, Said said) {
        Number dimensions = asked.number("dimensions");
        int length = dimensions == null ? 3 : dimensions.intValue();
        String vector = asked.text("encoding_format", "float").equals("base64") ? base64(length) : floats(length);
        String data = IntStream.range(0, asked.count("input"))
                .mapToObj(i -> """
                        {"object":"embedding","index":%d,"embedding":%s}""".formatted(i, vector))
                .collect(Collectors.joining(","));
        return """
                {"object":"list","data":[%s],"model":%s,"usage":{"prompt_tokens":%d,"total_tokens":%d}}""".formatted(data, model(asked), said.inputTokens(), said.inputTokens());
    }

    private static String base64(int length) {
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * length).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < length; i++) {
            bytes.putFloat(COORDINATE);
        }
        return '"' + Base64.getEncoder().encodeToString(bytes.array()) + '"';
    }

    static String floats(int length) {
        return Collections.nCopies(length, COORDINATE).toString();
    }

    static String model(Asked asked) {
        return Dialect.quoted(asked.text("model", "gpt-4o-mini"));
    }

    @Override
    public String error(int status, String message) {
        String type =
                switch (status) {
                    case 429 -> "requests";
                    case 401, 403, 404, 400, 422 -> "invalid_request_error";
                    default -> "server_error";
                };
        String code =
                switch (status) {
                    case 401 -> "\"invalid_api_key\"";
                    case 404 -> "\"model_not_found\"";
                    case 429 -> "\"rate_limit_exceeded\"";
                    default -> "null";
                };
        return """
                {"error":{"message":%s,"type":"%s","param":null,"code":%s}}""".formatted(Dialect.quoted(message), type, code);
    }

    @Override
    public Map<String, String> headers(Failure failure) {
        Duration wait = failure.retryAfter();
        if (wait == null) {
            return Map.of();
        }
        Map<String, String> headers = new TreeMap<>();
        headers.put("retry-after", ScriptedAnswers.seconds(wait));
        headers.put("retry-after-ms", Long.toString(wait.toMillis()));
        return headers;
    }

    @Override
    public Map<String, String> headers(int number) {
        return Map.of("x-request-id", "req_" + number);
    }
}
