package dev.llmpropagation.spring;

import static dev.llmpropagation.spring.InvalidPropertyException.checked;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.network.ConnectionSettings;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.openai.OpenAiClientFactoryBuilder;
import java.time.Duration;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import org.springframework.util.StringUtils;

/** Factory and clients of openai-java. A client is made when somebody asks for it, since it needs a key. */
@AutoConfiguration(after = LlmPropagationAutoConfiguration.class)
@ConditionalOnClass({OpenAiClientFactory.class, OpenAIOkHttpClient.class})
@ConditionalOnBean({LlmPropagation.class, ClientNetwork.class
}) // the latter is ours alone, and not there if switched off
@EnableConfigurationProperties(OpenAiClientProperties.class)
final class OpenAiClientAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    OpenAiClientFactory openAiClientFactory(
            LlmPropagation propagation, ClientNetwork network, OpenAiClientProperties properties) {
        check(properties);
        return builder(propagation, network, properties).build();
    }

    /** At the start of the program, since the client is made later, and the SDK looks at some of them at its first call. */
    private static void check(OpenAiClientProperties properties) {
        BaseUrls.checked(OpenAiClientProperties.PREFIX + ".base-url", properties.baseUrl());
        Duration timeout = properties.timeout();
        if (timeout != null) {
            checked(OpenAiClientProperties.PREFIX + ".timeout", () -> ConnectionSettings.unchanged()
                    .callTimeout(timeout));
        }
        Integer maxRetries = properties.maxRetries();
        if (maxRetries != null && maxRetries < 0) {
            throw new InvalidPropertyException(
                    OpenAiClientProperties.PREFIX + ".max-retries", maxRetries + " is negative; 0 means none", null);
        }
    }

    static OpenAiClientFactoryBuilder builder(
            LlmPropagation propagation, ClientNetwork network, OpenAiClientProperties properties) {
        OpenAiClientFactoryBuilder builder = OpenAiClientFactory.builder(propagation);
        network.applyTo(builder::proxy, builder::tls, builder::connections);
        if (properties.service() != null) {
            builder.service(properties.service());
        }
        return builder;
    }

    @Bean(destroyMethod = "close")
    @Lazy
    @ConditionalOnMissingBean
    OpenAIClient openAiClient(OpenAiClientFactory factory, OpenAiClientProperties properties) {
        return checked(OpenAiClientProperties.PREFIX, () -> factory.client(sdk -> set(sdk, properties)));
    }

    /** Shares connections with the other one, whose end it is to close them. */
    @Bean(destroyMethod = "")
    @Lazy
    @ConditionalOnMissingBean
    OpenAIClientAsync openAiClientAsync(OpenAIClient client) {
        return client.async();
    }

    private static void set(OpenAIOkHttpClient.Builder sdk, OpenAiClientProperties properties) {
        if (properties.service() == null) {
            sdk.fromEnv();
        }
        String baseUrl = BaseUrls.checked(OpenAiClientProperties.PREFIX + ".base-url", properties.baseUrl());
        if (baseUrl != null) {
            sdk.baseUrl(baseUrl);
        }
        String apiKey = properties.apiKey();
        if (StringUtils.hasText(apiKey)) {
            sdk.apiKey(apiKey.strip());
        }
        if (StringUtils.hasText(properties.organization())) {
            sdk.organization(properties.organization());
        }
        if (StringUtils.hasText(properties.project())) {
            sdk.project(properties.project());
        }
        if (properties.timeout() != null) {
            sdk.timeout(properties.timeout());
        }
        if (properties.maxRetries() != null) {
            sdk.maxRetries(properties.maxRetries());
        }
    }
}
