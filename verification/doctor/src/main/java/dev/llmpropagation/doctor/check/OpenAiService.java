package dev.llmpropagation.doctor.check;

import com.openai.client.OpenAIClient;
import com.openai.core.JsonValue;
import com.openai.core.LogLevel;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.openai.OpenAiClientFactory;
import org.jspecify.annotations.Nullable;

/** A service that speaks OpenAI's API. */
final class OpenAiService implements ModelService {

    private static final String PROMPT = "Say OK.";
    private static final int TOKENS = 16;

    private final OpenAIClient client;
    private final String limit;

    OpenAiService(OpenAiClientFactory factory, String baseUrl, String key) {
        // The SDK's own log, which OPENAI_LOG switches on, holds what the service answers.
        client = factory.client(
                sdk -> sdk.apiKey(key).baseUrl(baseUrl).maxRetries(0).logLevel(LogLevel.OFF));
        // OpenAI's newer models refuse the old name, and most other services know no other.
        limit = baseUrl.contains("api.openai.com") ? "max_completion_tokens" : "max_tokens";
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
