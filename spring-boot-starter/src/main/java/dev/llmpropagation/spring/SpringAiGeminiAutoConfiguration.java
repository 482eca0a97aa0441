package dev.llmpropagation.spring;

import com.google.genai.Client;
import dev.llmpropagation.gemini.GeminiClientFactory;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.ai.chat.observation.ChatModelObservationConvention;
import org.springframework.ai.google.genai.GoogleGenAiChatModel;
import org.springframework.ai.model.SpringAIModelProperties;
import org.springframework.ai.model.SpringAIModels;
import org.springframework.ai.model.google.genai.autoconfigure.chat.GoogleGenAiChatAutoConfiguration;
import org.springframework.ai.model.google.genai.autoconfigure.chat.GoogleGenAiChatProperties;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.ai.retry.RetryUtils;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.core.retry.RetryTemplate;

/** Spring AI's Gemini model on our client. */
@AutoConfiguration(
        after = {GeminiClientAutoConfiguration.class, ObservationAutoConfiguration.class},
        before = GoogleGenAiChatAutoConfiguration.class)
@ConditionalOnClass({
    GeminiClientFactory.class,
    GoogleGenAiChatModel.class,
    GoogleGenAiChatAutoConfiguration.class,
    RetryTemplate.class // of Spring 7: Spring AI 1 has another
})
@ConditionalOnBean({GeminiClientFactory.class, StreamStarts.class})
@ConditionalOnProperty(
        name = SpringAIModelProperties.CHAT_MODEL,
        havingValue = SpringAIModels.GOOGLE_GEN_AI,
        matchIfMissing = true)
@EnableConfigurationProperties(GoogleGenAiChatProperties.class)
final class SpringAiGeminiAutoConfiguration {

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
