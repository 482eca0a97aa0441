package dev.llmpropagation.doctor.check;

import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import com.google.genai.types.ListModelsConfig;
import dev.llmpropagation.gemini.GeminiClientFactory;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The Gemini API, or Vertex AI. */
final class GeminiService implements ModelService {

    private static final String PROMPT = "Say OK.";
    private static final int TOKENS = 16;

    private final Client client;

    /** @param access sets key or credentials, and what belongs to Vertex AI */
    GeminiService(GeminiClientFactory factory, String baseUrl, Consumer<Client.Builder> access) {
        client = factory.client(sdk -> {
            access.accept(sdk);
            sdk.httpOptions(HttpOptions.builder()
                    .baseUrl(baseUrl)
                    .retryOptions(HttpRetryOptions.builder().attempts(1).build())
                    .build());
        });
    }

    @Override
    public @Nullable Boolean knows(@Nullable String model) {
        if (model == null) {
            client.models.list(ListModelsConfig.builder().pageSize(1).build());
            return null;
        }
        client.models.get(model, null);
        return true;
    }

    @Override
    public void call(String model, boolean stream, Answer answer) {
        GenerateContentConfig config =
                GenerateContentConfig.builder().maxOutputTokens(TOKENS).build();
        if (!stream) {
            GenerateContentResponse response = client.models.generateContent(model, PROMPT, config);
            answer.begins();
            answer.chunk(!response.candidates().orElse(List.of()).isEmpty());
            return;
        }
        try (ResponseStream<GenerateContentResponse> responses =
                client.models.generateContentStream(model, PROMPT, config)) {
            answer.begins();
            for (GenerateContentResponse response : responses) {
                answer.chunk(isLast(response));
            }
        }
    }

    private static boolean isLast(GenerateContentResponse response) {
        return response.candidates().orElse(List.of()).stream()
                .anyMatch(candidate -> candidate.finishReason().isPresent());
    }

    @Override
    public void close() {
        client.close();
    }
}
