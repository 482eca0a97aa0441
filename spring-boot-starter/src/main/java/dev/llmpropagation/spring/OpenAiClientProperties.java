package dev.llmpropagation.spring;

import dev.llmpropagation.openai.OpenAiCompatible;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The service of the OpenAI clients.
 *
 * @param service A known service: its base URL, and the environment variable of its key.
 * @param baseUrl Base URL of the service. Wins over that of the known service and over OPENAI_BASE_URL.
 * @param apiKey API key. Default: the environment variable of the known service, or what the SDK reads.
 * @param organization Organization.
 * @param project Project.
 * @param timeout How long a call may take. Default: the SDK's.
 * @param maxRetries How often the SDK tries again. Default: the SDK's.
 */
@ConfigurationProperties(OpenAiClientProperties.PREFIX)
record OpenAiClientProperties(
        @Nullable OpenAiCompatible service,
        @Nullable String baseUrl,
        @Nullable String apiKey,
        @Nullable String organization,
        @Nullable String project,
        @Nullable Duration timeout,
        @Nullable Integer maxRetries) {

    static final String PREFIX = LlmPropagationProperties.PREFIX + ".openai";

    @Override
    public String toString() {
        return "OpenAiClientProperties[service=" + service + ", baseUrl=" + BaseUrls.shown(baseUrl) + ", organization="
                + organization + ", project=" + project + ", timeout=" + timeout + ", maxRetries=" + maxRetries + "]";
    }
}
