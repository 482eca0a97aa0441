package dev.llmpropagation.spring;

import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.openai.OpenAiClientFactory;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.ai.chat.observation.ChatModelObservationConvention;
import org.springframework.ai.embedding.observation.EmbeddingModelObservationConvention;
import org.springframework.ai.model.SpringAIModelProperties;
import org.springframework.ai.model.SpringAIModels;
import org.springframework.ai.model.openai.autoconfigure.OpenAiAutoConfigurationUtil;
import org.springframework.ai.model.openai.autoconfigure.OpenAiChatAutoConfiguration;
import org.springframework.ai.model.openai.autoconfigure.OpenAiChatProperties;
import org.springframework.ai.model.openai.autoconfigure.OpenAiCommonProperties;
import org.springframework.ai.model.openai.autoconfigure.OpenAiEmbeddingAutoConfiguration;
import org.springframework.ai.model.openai.autoconfigure.OpenAiEmbeddingProperties;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiEmbeddingModel;
import org.springframework.ai.openai.http.okhttp.OpenAiHttpClientBuilderCustomizer;
import org.springframework.ai.openai.setup.OpenAiSetup;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Spring AI's OpenAI models for chat and embeddings on our clients. Spring AI takes no client of the program's, so these
 * beans stand in the place of its own; its properties, conventions and customizers count as always.
 */
@AutoConfiguration(
        after = OpenAiClientAutoConfiguration.class,
        before = {OpenAiChatAutoConfiguration.class, OpenAiEmbeddingAutoConfiguration.class})
@ConditionalOnClass({
    OpenAiClientFactory.class,
    OpenAiChatModel.class,
    OpenAiChatAutoConfiguration.class,
    OpenAiSetup.class // of Spring AI 2: before that, its models are not built on openai-java
})
@ConditionalOnBean({LlmPropagation.class, OpenAiClientFactory.class, ClientNetwork.class})
@EnableConfigurationProperties(OpenAiCommonProperties.class)
final class SpringAiOpenAiAutoConfiguration {

    @Bean
    SpringAiOpenAiClients springAiOpenAiClients(
            LlmPropagation propagation,
            ClientNetwork network,
            OpenAiClientProperties properties,
            OpenAiClientFactory factory,
            ObjectProvider<OpenAiHttpClientBuilderCustomizer> customizers) {
        return new SpringAiOpenAiClients(
                propagation,
                network,
                properties,
                factory,
                customizers.orderedStream().toList());
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnProperty(
            name = SpringAIModelProperties.CHAT_MODEL,
            havingValue = SpringAIModels.OPENAI,
            matchIfMissing = true)
    @EnableConfigurationProperties(OpenAiChatProperties.class)
    static class Chat {

        @Bean
        @ConditionalOnMissingBean
        @SuppressWarnings("removal") // toolCallingManager(), as Spring AI's own auto-configuration calls it
        OpenAiChatModel openAiChatModel(
                SpringAiOpenAiClients clients,
                OpenAiCommonProperties common,
                OpenAiChatProperties properties,
                ToolCallingManager tools,
                ObjectProvider<ObservationRegistry> observations,
                ObjectProvider<ChatModelObservationConvention> convention) {
            var client = clients.client(OpenAiAutoConfigurationUtil.resolveCommonProperties(common, properties));
            OpenAiChatModel model = OpenAiChatModel.builder()
                    .openAiClient(client)
                    .openAiClientAsync(client.async())
                    .options(properties.toOptions())
                    .toolCallingManager(tools)
                    .observationRegistry(observations.getIfUnique(() -> ObservationRegistry.NOOP))
                    .build();
            convention.ifAvailable(model::setObservationConvention);
            return model;
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnProperty(
            name = SpringAIModelProperties.EMBEDDING_MODEL,
            havingValue = SpringAIModels.OPENAI,
            matchIfMissing = true)
    @EnableConfigurationProperties(OpenAiEmbeddingProperties.class)
    static class Embeddings {

        @Bean
        @ConditionalOnMissingBean
        OpenAiEmbeddingModel openAiEmbeddingModel(
                SpringAiOpenAiClients clients,
                OpenAiCommonProperties common,
                OpenAiEmbeddingProperties properties,
                ObjectProvider<ObservationRegistry> observations,
                ObjectProvider<EmbeddingModelObservationConvention> convention) {
            OpenAiEmbeddingModel model = OpenAiEmbeddingModel.builder()
                    .openAiClient(
                            clients.client(OpenAiAutoConfigurationUtil.resolveCommonProperties(common, properties)))
                    .metadataMode(properties.getMetadataMode())
                    .options(properties.toOptions())
                    .observationRegistry(observations.getIfUnique(() -> ObservationRegistry.NOOP))
                    .build();
            convention.ifAvailable(model::setObservationConvention);
            return model;
        }
    }
}
