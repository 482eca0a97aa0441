package dev.llmpropagation.spring;

import com.google.auth.oauth2.GoogleCredentials;
import com.google.genai.Client;
import java.io.IOException;
import java.io.InputStream;
import org.springframework.ai.model.google.genai.autoconfigure.chat.GoogleGenAiConnectionProperties;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;
import org.springframework.core.io.Resource;
import org.springframework.util.StringUtils;

/** Spring AI's properties of who calls Gemini: our client stands in the place of the one that it makes by them. */
@AutoConfiguration
@ConditionalOnClass({Client.class, GoogleGenAiConnectionProperties.class})
@ConditionalOnProperty(prefix = LlmPropagationProperties.PREFIX, name = "enabled", matchIfMissing = true)
final class SpringAiGeminiConnectionAutoConfiguration {

    private static final String CONNECTION = GoogleGenAiConnectionProperties.CONFIG_PREFIX;

    /** Its connection properties count as they do without us. */
    @Bean
    GeminiConnection springAiGeminiConnection(Environment environment) {
        return sdk -> Binder.get(environment)
                .bind(CONNECTION, GoogleGenAiConnectionProperties.class)
                .ifBound(properties -> set(sdk, properties));
    }

    private static void set(Client.Builder sdk, GoogleGenAiConnectionProperties properties) {
        boolean project = StringUtils.hasText(properties.getProjectId());
        boolean location = StringUtils.hasText(properties.getLocation());
        boolean apiKey = StringUtils.hasText(properties.getApiKey());
        if (properties.isVertexAi() && !(project && location)) {
            throw new InvalidPropertyException(
                    CONNECTION + ".vertex-ai", "Vertex AI needs " + CONNECTION + ".project-id and .location", null);
        }
        if (properties.isVertexAi() || (project && location && !apiKey)) {
            sdk.vertexAI(true).project(properties.getProjectId()).location(properties.getLocation());
            if (properties.getCredentialsUri() != null) {
                sdk.credentials(credentials(properties.getCredentialsUri()));
            }
        } else if (apiKey) {
            sdk.apiKey(properties.getApiKey());
        }
    }

    private static GoogleCredentials credentials(Resource resource) {
        try (InputStream in = resource.getInputStream()) {
            return GoogleCredentials.fromStream(in);
        } catch (IOException e) {
            throw new InvalidPropertyException(
                    CONNECTION + ".credentials-uri", "no Google credentials can be read from " + resource, e);
        }
    }
}
