package dev.llmpropagation.scenarios.samples;

import com.openai.client.OpenAIClient;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Scope;

public final class OpenAiQuickstart {

    private OpenAiQuickstart() {}

    /** Reads OPENAI_API_KEY, and OPENAI_BASE_URL if there is one, as the SDK does. */
    public static String ask(OpenTelemetry openTelemetry, String question) {
        LlmPropagation propagation = LlmPropagation.builder(openTelemetry).build();
        OpenAIClient client = OpenAiClientFactory.create(propagation).client(sdk -> sdk.fromEnv());
        ChatCompletionCreateParams params = ChatCompletionCreateParams.builder()
                .model("gpt-4o-mini")
                .addUserMessage(question)
                .build();
        try (Scope session = LlmSession.of("session-1").makeCurrent()) {
            ChatCompletion answer = client.chat().completions().create(params);
            return answer.choices().get(0).message().content().orElse("");
        } finally {
            client.close();
        }
    }
}
