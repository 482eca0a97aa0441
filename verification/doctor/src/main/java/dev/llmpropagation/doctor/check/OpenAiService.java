package dev.llmpropagation.doctor.check;

import com.openai.client.OpenAIClient;
import com.openai.core.JsonValue;
import com.openai.core.LogLevel;
import com.openai.core.http.StreamResponse;
import com.openai.errors.OpenAIServiceException;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.openai.OpenAiClientFactory;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A service that speaks OpenAI's API. */
final class OpenAiService implements ModelService {

    private static final String PROMPT = "Say OK.";
    private static final int TOKENS = 16;

    /** Where the answer is cut. OpenAI's newer models refuse the old name, and most other services know no other. */
    private static final String OLD_LIMIT = "max_tokens";

    private static final String NEW_LIMIT = "max_completion_tokens";
    private static final Set<Integer> REFUSED = Set.of(400, 422);

    private final OpenAIClient client;
    private final String limit;

    OpenAiService(OpenAiClientFactory factory, String baseUrl, String key) {
        // The SDK's own log, which OPENAI_LOG switches on, holds what the service answers.
        // It retries as it does in a program: a connection that a service has closed is no fault to tell of.
        client = factory.client(sdk -> sdk.apiKey(key).baseUrl(baseUrl).logLevel(LogLevel.OFF));
        limit = baseUrl.contains("api.openai.com") ? NEW_LIMIT : OLD_LIMIT;
    }

    @Override
    public @Nullable Boolean knows(@Nullable String model) {
        var models = client.models().list().data();
        return model == null
                ? null
                : (Boolean) models.stream().anyMatch(known -> known.id().equals(model));
    }

    @Override
    public void call(String model, boolean stream, Answer answer) {
        String other = limit.equals(OLD_LIMIT) ? NEW_LIMIT : OLD_LIMIT;
        try {
            call(model, stream, limit, answer);
        } catch (OpenAIServiceException e) {
            if (!REFUSED.contains(e.statusCode()) || !saysOf(e, limit)) {
                throw e;
            }
            call(model, stream, other, answer);
            answer.note("it refuses " + limit + " and takes " + other);
        }
    }

    /** Whether the service names it in what it answers. */
    private static boolean saysOf(OpenAIServiceException e, String limit) {
        return (e.getMessage() + e.param().orElse("") + e.body()).contains(limit);
    }

    private void call(String model, boolean stream, String limit, Answer answer) {
        ChatCompletionCreateParams params = ChatCompletionCreateParams.builder()
                .model(model)
                .addUserMessage(PROMPT)
                .putAdditionalBodyProperty(limit, JsonValue.from(TOKENS))
                .build();
        if (!stream) {
            boolean complete =
                    !client.chat().completions().create(params).choices().isEmpty();
            answer.begins();
            answer.chunk(complete);
            return;
        }
        try (StreamResponse<ChatCompletionChunk> chunks =
                client.chat().completions().createStreaming(params)) {
            answer.begins();
            chunks.stream()
                    .forEach(chunk -> answer.chunk(chunk.choices().stream()
                            .anyMatch(choice -> choice.finishReason().isPresent())));
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
