package dev.llmpropagation.spring;

import static dev.llmpropagation.spring.InvalidPropertyException.checked;

import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.gemini.GeminiClientFactoryBuilder;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import org.springframework.util.StringUtils;

/** Factory and client of google-genai. Spring AI makes a client too, where there is none yet. */
@AutoConfiguration(
        after = LlmPropagationAutoConfiguration.class,
        beforeName = "org.springframework.ai.model.google.genai.autoconfigure.chat.GoogleGenAiChatAutoConfiguration")
@ConditionalOnClass({GeminiClientFactory.class, Client.class})
@ConditionalOnBean({LlmPropagation.class, ClientNetwork.class
}) // the latter is ours alone, and not there if switched off
@EnableConfigurationProperties(GeminiClientProperties.class)
final class GeminiClientAutoConfiguration {

    private static final String PREFIX = GeminiClientProperties.PREFIX;

    @Bean
    @ConditionalOnMissingBean
    GeminiClientFactory geminiClientFactory(
            LlmPropagation propagation, ClientNetwork network, GeminiClientProperties properties) {
        BaseUrls.checked(PREFIX + ".base-url", properties.baseUrl());
        GeminiClientFactoryBuilder builder = GeminiClientFactory.builder(propagation);
        network.applyTo(builder::proxy, builder::tls, builder::connections);
        return builder.build();
    }

    @Bean(destroyMethod = "close")
    @Lazy
    @ConditionalOnMissingBean
    Client geminiClient(
            GeminiClientFactory factory,
            GeminiClientProperties properties,
            ObjectProvider<GeminiConnection> otherConnection) {
        return checked(
                PREFIX,
                () -> factory.client(sdk -> {
                    if (!set(sdk, properties)) {
                        otherConnection.ifAvailable(connection -> connection.set(sdk));
                    }
                }));
    }

    /** Whether the properties say who calls. */
    private static boolean set(Client.Builder sdk, GeminiClientProperties properties) {
        String baseUrl = BaseUrls.checked(PREFIX + ".base-url", properties.baseUrl());
        if (baseUrl != null || StringUtils.hasText(properties.apiVersion())) {
            HttpOptions.Builder options = HttpOptions.builder();
            if (baseUrl != null) {
                options.baseUrl(baseUrl);
            }
            if (StringUtils.hasText(properties.apiVersion())) {
                options.apiVersion(properties.apiVersion());
            }
            sdk.httpOptions(options.build());
        }
        if (properties.vertexAi() != null) {
            sdk.vertexAI(properties.vertexAi());
        }
        boolean said = false;
        String apiKey = properties.apiKey();
        if (StringUtils.hasText(apiKey)) {
            sdk.apiKey(apiKey.strip());
            said = true;
        }
        if (StringUtils.hasText(properties.project())) {
            sdk.project(properties.project());
            said = true;
        }
        if (StringUtils.hasText(properties.location())) {
            sdk.location(properties.location());
            said = true;
        }
        return said;
    }
}
