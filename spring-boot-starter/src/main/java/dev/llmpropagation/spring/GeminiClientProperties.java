package dev.llmpropagation.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The service of the Gemini client.
 *
 * @param apiKey API key. Default: what the SDK reads from the environment.
 * @param baseUrl Base URL of the service. Default: what the SDK reads from the environment, else Google's.
 * @param apiVersion Version of the API, such as v1beta. Default: the SDK's.
 * @param vertexAi Whether Vertex AI is called. Default: the Gemini API, or what the SDK reads from the environment.
 * @param project Google Cloud project, for Vertex AI.
 * @param location Google Cloud location, for Vertex AI.
 */
@ConfigurationProperties(GeminiClientProperties.PREFIX)
record GeminiClientProperties(
        @Nullable String apiKey,
        @Nullable String baseUrl,
        @Nullable String apiVersion,
        @Nullable Boolean vertexAi,
        @Nullable String project,
        @Nullable String location) {

    static final String PREFIX = LlmPropagationProperties.PREFIX + ".gemini";

    @Override
    public String toString() {
        return "GeminiClientProperties[baseUrl=" + BaseUrls.shown(baseUrl) + ", apiVersion=" + apiVersion
                + ", vertexAi=" + vertexAi + ", project=" + project + ", location=" + location + "]";
    }
}
