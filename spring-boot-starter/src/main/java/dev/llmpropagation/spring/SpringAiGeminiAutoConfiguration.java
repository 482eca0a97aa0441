package dev.llmpropagation.spring;

import com.google.auth.oauth2.GoogleCredentials;
import com.google.genai.Client;
import dev.llmpropagation.gemini.GeminiClientFactory;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.tracing.otel.bridge.OtelSpan;
import java.io.IOException;
import java.io.InputStream;
import org.springframework.ai.chat.observation.ChatModelObservationConvention;
import org.springframework.ai.google.genai.GoogleGenAiChatModel;
import org.springframework.ai.model.SpringAIModelProperties;
import org.springframework.ai.model.SpringAIModels;
import org.springframework.ai.model.google.genai.autoconfigure.chat.GoogleGenAiChatAutoConfiguration;
import org.springframework.ai.model.google.genai.autoconfigure.chat.GoogleGenAiChatProperties;
import org.springframework.ai.model.google.genai.autoconfigure.chat.GoogleGenAiConnectionProperties;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.ai.retry.RetryUtils;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.io.Resource;
import org.springframework.core.retry.RetryTemplate;
import org.springframework.util.StringUtils;

/** Spring AI's Gemini model on our client. */
@AutoConfiguration(
        after = {LlmPropagationAutoConfiguration.class, ObservationAutoConfiguration.class},
        before = GoogleGenAiChatAutoConfiguration.class)
@ConditionalOnClass({
    GeminiClientFactory.class,
    GoogleGenAiChatModel.class,
    GoogleGenAiChatAutoConfiguration.class,
    RetryTemplate.class // of Spring 7: Spring AI 1 has another
})
@ConditionalOnProperty(prefix = LlmPropagationProperties.PREFIX, name = "enabled", matchIfMissing = true)
final class SpringAiGeminiAutoConfiguration {

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

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(OtelSpan.class)
    @ConditionalOnBean(StreamStarts.class)
    @ConditionalOnProperty(
            name = SpringAIModelProperties.CHAT_MODEL,
            havingValue = SpringAIModels.GOOGLE_GEN_AI,
            matchIfMissing = true)
    @EnableConfigurationProperties(GoogleGenAiChatProperties.class)
    static class Model {

        @Bean
        @ConditionalOnMissingBean
        GoogleGenAiChatModel googleGenAiChatModel(
                Client client,
                GoogleGenAiChatProperties properties,
                ToolCallingManager tools,
                ObjectProvider<RetryTemplate> retries,
                ObjectProvider<ObservationRegistry> observations,
                ObjectProvider<ChatModelObservationConvention> convention,
                StreamStarts starts) {
            GoogleGenAiChatModel model = new GeminiChatModel(
                    client,
                    properties.toOptions(),
                    tools,
                    retries.getIfUnique(() -> RetryUtils.DEFAULT_RETRY_TEMPLATE),
                    observations.getIfUnique(() -> ObservationRegistry.NOOP),
                    starts);
            convention.ifAvailable(model::setObservationConvention);
            return model;
        }
    }
}
