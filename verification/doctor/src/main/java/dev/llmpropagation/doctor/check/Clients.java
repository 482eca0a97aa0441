package dev.llmpropagation.doctor.check;

import com.google.auth.oauth2.AccessToken;
import com.google.auth.oauth2.GoogleCredentials;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.openai.OpenAiClientFactory;
import io.opentelemetry.api.OpenTelemetry;
import okhttp3.OkHttpClient;

/** Makes the clients by the same factories as a program does. */
final class Clients {

    /** Some services on one's own machines want no key; all others answer it with 401. */
    private static final String NO_KEY = "no-key";

    private Clients() {}

    static LlmPropagation propagation(CheckPlan plan, OpenTelemetry openTelemetry) {
        HeaderAdvice.Policies policies = plan.policies();
        return LlmPropagation.builder(openTelemetry)
                .destinations(policies.trace())
                .sessionDestinations(policies.session())
                .baggageDestinations(policies.baggage())
                .requestId(policies.requestId())
                .diagnostics(line -> {})
                .build();
    }

    static ModelService service(CheckPlan plan, LlmPropagation propagation, ConnectionWatch watch) {
        OkHttpClient base = new OkHttpClient.Builder()
                .eventListener(watch)
                .addNetworkInterceptor(watch)
                .build();
        String key = plan.key().value() == null ? NO_KEY : plan.key().value();
        return switch (plan.provider().api()) {
            case OPENAI ->
                new OpenAiService(
                        OpenAiClientFactory.builder(propagation)
                                .httpClient(base)
                                .proxy(plan.proxy())
                                .tls(plan.tls())
                                .connections(plan.connections())
                                .build(),
                        plan.baseUrl(),
                        key);
            case GEMINI ->
                new GeminiService(gemini(plan, propagation, base), plan.baseUrl(), sdk -> sdk.vertexAI(false)
                        .apiKey(key));
            case VERTEX ->
                new GeminiService(gemini(plan, propagation, base), plan.baseUrl(), sdk -> {
                    CheckPlan.Vertex vertex = plan.vertex();
                    sdk.vertexAI(true);
                    if (vertex.project() == null) {
                        sdk.apiKey(key);
                    } else {
                        sdk.project(vertex.project())
                                .location(vertex.location())
                                .credentials(GoogleCredentials.create(new AccessToken(key, null)));
                    }
                });
        };
    }

    private static GeminiClientFactory gemini(CheckPlan plan, LlmPropagation propagation, OkHttpClient base) {
        return GeminiClientFactory.builder(propagation)
                .httpClient(base)
                .proxy(plan.proxy())
                .tls(plan.tls())
                .connections(plan.connections())
                .build();
    }
}
