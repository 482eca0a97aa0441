package dev.llmpropagation.scenarios.samples;

import com.google.genai.Client;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Scope;

public final class GeminiQuickstart {

    private GeminiQuickstart() {}

    public static String ask(OpenTelemetry openTelemetry, String key, String question) {
        LlmPropagation propagation = LlmPropagation.builder(openTelemetry).build();
        try (Client client = GeminiClientFactory.create(propagation).client(sdk -> sdk.apiKey(key));
                Scope session = LlmSession.of("session-1").makeCurrent()) {
            return client.models
                    .generateContent("gemini-2.5-flash", question, null)
                    .text();
        }
    }
}
