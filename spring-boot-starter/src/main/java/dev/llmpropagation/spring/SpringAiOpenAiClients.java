package dev.llmpropagation.spring;

import static java.util.Objects.requireNonNull;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.ClientOptions;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.openai.OpenAiCompatible;
import io.micrometer.observation.ObservationRegistry;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import okhttp3.Interceptor;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.model.openai.autoconfigure.OpenAiCommonProperties;
import org.springframework.ai.openai.http.okhttp.OpenAiHttpClientBuilderCustomizer;
import org.springframework.ai.openai.http.okhttp.SpringAiOpenAiHttpClient;
import org.springframework.ai.openai.setup.OpenAiSetup;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.util.StringUtils;

/**
 * Makes the clients of Spring AI's OpenAI models, by its properties. Where these name neither key nor base URL, those of
 * ours count. Closes the clients with the context. Thread-safe.
 */
final class SpringAiOpenAiClients implements DisposableBean {

    private static final String USER_AGENT = "spring-ai-openai"; // what Spring AI's own clients send

    /** An empty key means that the service wants none. The SDK wants one, so the header is taken out again. */
    private static final Interceptor WITHOUT_KEY = chain -> chain.proceed(
            chain.request().newBuilder().removeHeader("Authorization").build());

    private final LlmPropagation propagation;
    private final ClientNetwork network;
    private final OpenAiClientProperties ours;
    private final OpenAiClientFactory factory;
    private final List<OpenAiHttpClientBuilderCustomizer> customizers;
    private final List<OpenAIClient> made = new CopyOnWriteArrayList<>();
    private final FailureGuard guard = new FailureGuard();

    SpringAiOpenAiClients(
            LlmPropagation propagation,
            ClientNetwork network,
            OpenAiClientProperties ours,
            OpenAiClientFactory factory,
            List<OpenAiHttpClientBuilderCustomizer> customizers) {
        this.propagation = propagation;
        this.network = network;
        this.ours = ours;
        this.factory = factory;
        this.customizers = customizers;
    }

    /** @param properties of one model, resolved; changed here */
    OpenAIClient client(OpenAiCommonProperties properties) {
        if (!StringUtils.hasText(properties.getBaseUrl()) && properties.getApiKey() == null) {
            fallBack(properties);
        }
        ClientOptions options = options(properties);
        OpenAIClient client = factory(properties).client(sdk -> set(sdk, properties, options));
        made.add(client);
        return client;
    }

    private void fallBack(OpenAiCommonProperties properties) {
        OpenAiCompatible service = ours.service();
        String baseUrl = BaseUrls.checked(OpenAiClientProperties.PREFIX + ".base-url", ours.baseUrl());
        properties.setBaseUrl(baseUrl == null && service != null ? service.baseUrl() : baseUrl);
        String key = ours.apiKey();
        if (!StringUtils.hasText(key)) {
            key = service == null ? null : System.getenv(service.apiKeyVariable());
        }
        properties.setApiKey(StringUtils.hasText(key) ? key.strip() : null);
    }

    /** What Spring AI makes of its properties and of the environment: OpenAI, Azure or GitHub, URL and credential. */
    private static ClientOptions options(OpenAiCommonProperties properties) {
        OpenAIClient theirs = OpenAiSetup.setupSyncClient(
                properties.getBaseUrl(),
                properties.getApiKey(),
                properties.getCredential(),
                properties.getMicrosoftDeploymentName(),
                properties.getMicrosoftFoundryServiceVersion(),
                properties.getOrganizationId(),
                properties.isMicrosoftFoundry(),
                properties.isGitHubModels(),
                properties.getModel(),
                properties.getTimeout(),
                properties.getMaxRetries(),
                null,
                properties.getCustomHeaders(),
                ObservationRegistry.NOOP,
                null,
                List.of());
        AtomicReference<@Nullable ClientOptions> options = new AtomicReference<>();
        OpenAIClient unused = theirs.withOptions(builder -> options.set(builder.build()));
        theirs.close();
        return requireNonNull(options.get());
    }

    /** Our own settings of the network, on what the program has set for Spring AI's. */
    private OpenAiClientFactory factory(OpenAiCommonProperties properties) {
        if (customizers.isEmpty() && properties.getProxy() == null) {
            return factory;
        }
        SpringAiOpenAiHttpClient.Builder theirs = SpringAiOpenAiHttpClient.builder()
                .timeout(properties.getTimeout())
                .proxy(properties.getProxy());
        customizers.forEach(customizer -> customizer.customize(theirs));
        return OpenAiClientAutoConfiguration.builder(propagation, network, ours)
                .httpClient(theirs.build().getOkHttpClient())
                .build();
    }

    private static void set(OpenAIOkHttpClient.Builder sdk, OpenAiCommonProperties properties, ClientOptions options) {
        sdk.baseUrl(options.baseUrl())
                .timeout(properties.getTimeout())
                .maxRetries(properties.getMaxRetries())
                .putHeader("User-Agent", USER_AGENT);
        options.apiKey().ifPresentOrElse(sdk::apiKey, () -> sdk.credential(options.credential()));
        if ("".equals(properties.getApiKey())) {
            sdk.addInterceptor(WITHOUT_KEY);
        }
        if (StringUtils.hasText(properties.getOrganizationId())) {
            sdk.organization(properties.getOrganizationId());
        }
        properties.getCustomHeaders().forEach(sdk::replaceHeaders);
        if (options.azureServiceVersion() != null) {
            sdk.azureServiceVersion(options.azureServiceVersion());
            sdk.azureUrlPathMode(options.azureUrlPathMode());
        }
    }

    @Override
    public void destroy() {
        made.forEach(client -> guard.run("A client of Spring AI's could not be closed", client::close));
    }
}
