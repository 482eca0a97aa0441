package dev.llmpropagation.spring;

import static dev.llmpropagation.testkit.LlmAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.genai.Client;
import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.ChatQuestion;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import org.junit.jupiter.api.Test;
import org.springframework.ai.google.genai.GoogleGenAiChatModel;
import org.springframework.ai.model.google.genai.autoconfigure.chat.GoogleGenAiChatAutoConfiguration;
import org.springframework.ai.model.openai.autoconfigure.OpenAiChatAutoConfiguration;
import org.springframework.ai.model.openai.autoconfigure.OpenAiEmbeddingAutoConfiguration;
import org.springframework.ai.model.tool.autoconfigure.ToolCallingAutoConfiguration;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiEmbeddingModel;
import org.springframework.ai.openai.http.okhttp.OpenAiHttpClientBuilderCustomizer;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Which beans there are, and that their calls carry what they should. */
class BeansTest extends ProgramOnServices {

    private static final Class<?>[] ALL = {
        OpenAiClientAutoConfiguration.class, GeminiClientAutoConfiguration.class, ObservationAutoConfiguration.class
    };

    /** Of nobody who records telemetry. */
    private final ApplicationContextRunner program = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(LlmPropagationAutoConfiguration.class))
            .withConfiguration(AutoConfigurations.of(ALL));

    private ApplicationContextRunner recorded() {
        return program(ALL);
    }

    private ApplicationContextRunner withSpringAi() {
        return recorded()
                .withConfiguration(AutoConfigurations.of(
                        SpringAiOpenAiAutoConfiguration.class,
                        SpringAiGeminiAutoConfiguration.class,
                        ToolCallingAutoConfiguration.class,
                        OpenAiChatAutoConfiguration.class,
                        OpenAiEmbeddingAutoConfiguration.class,
                        GoogleGenAiChatAutoConfiguration.class));
    }

    @Test
    void clientsOfTheContext_carryTraceAndSession_syncAndAsync() {
        openai.willAnswer("hello");
        gemini.willAnswer("hello");
        recorded().run(context -> {
            try (Scope session = LlmSession.of("s-1").makeCurrent()) {
                chat(context.getBean(OpenAIClient.class));
                assertThat(openai.lastRequest()).carriesSessionId("s-1");
                context.getBean(OpenAIClientAsync.class)
                        .chat()
                        .completions()
                        .create(ChatQuestion.of("hi"))
                        .join();
                assertThat(openai.lastRequest()).carriesSessionId("s-1");
                context.getBean(Client.class).models.generateContent("gemini-2.5-flash", "hi", null);
                assertThat(gemini.lastRequest()).carriesSessionId("s-1");
            }
            assertThat(openai.requests()).hasSize(2).allSatisfy(request -> assertThat(request.getHeader("traceparent"))
                    .isNotNull());
            assertThat(gemini.lastRequest().getHeader("traceparent")).isNotNull();
        });
    }

    @Test
    void withoutOpenTelemetry_theSessionIsSentAlone() {
        openai.willAnswer("hello");
        program.withPropertyValues(
                        "llm.propagation.openai.base-url=" + openai.baseUrl(), "llm.propagation.openai.api-key=key")
                .run(context -> {
                    try (Scope session = LlmSession.of("s-1").makeCurrent()) {
                        chat(context.getBean(OpenAIClient.class));
                    }
                    assertThat(openai.lastRequest()).carriesSessionId("s-1");
                    assertThat(openai.lastRequest().getHeader("traceparent")).isNull();
                });
    }

    @Test
    void beansOfTheProgram_standInThePlaceOfOurs() {
        LlmPropagation own = LlmPropagation.builder(OpenTelemetry.noop()).build();
        OpenAiClientFactory factory = OpenAiClientFactory.create(own);
        OpenAIClient client = factory.client(sdk -> sdk.apiKey("key"));
        recorded()
                .withBean(LlmPropagation.class, () -> own)
                .withBean(OpenAiClientFactory.class, () -> factory)
                .withBean(OpenAIClient.class, () -> client)
                .run(context -> {
                    assertThat(context.getBean(LlmPropagation.class)).isSameAs(own);
                    assertThat(context.getBean(OpenAiClientFactory.class)).isSameAs(factory);
                    assertThat(context.getBean(OpenAIClient.class)).isSameAs(client);
                    assertThat(context).hasSingleBean(OpenAIClientAsync.class);
                });
    }

    @Test
    void closedContext_closesItsClients() {
        recorded().run(context -> {
            OpenAIClient client = context.getBean(OpenAIClient.class);
            context.close();
            openai.willAnswer("hello");
            assertThatThrownBy(() -> client.async()
                    .chat()
                    .completions()
                    .create(ChatQuestion.of("hi"))
                    .join());
            assertThat(openai.requests()).isEmpty();
        });
    }

    @Test
    void providersThatAreNotThere_haveNoBeans() {
        recorded()
                .withClassLoader(new FilteredClassLoader("dev.llmpropagation.gemini"))
                .run(context -> {
                    assertThat(context).hasSingleBean(OpenAIClient.class).doesNotHaveBean(Client.class);
                });
        program.withClassLoader(new FilteredClassLoader("dev.llmpropagation.openai", "com.openai", "com.google.genai"))
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasSingleBean(LlmPropagation.class)
                        .doesNotHaveBean(GeminiClientFactory.class));
        program.withClassLoader(
                        new FilteredClassLoader("io.micrometer", "org.springframework.ai", "io.opentelemetry.sdk"))
                .run(context -> assertThat(context).hasNotFailed().hasSingleBean(OpenAiClientFactory.class));
    }

    @Test
    void switchedOff_makesNoBean() {
        recorded().withPropertyValues("llm.propagation.enabled=false").run(context -> assertThat(context)
                .hasNotFailed()
                .doesNotHaveBean(LlmPropagation.class)
                .doesNotHaveBean(OpenAiClientFactory.class)
                .doesNotHaveBean(GeminiClientFactory.class));
        withSpringAi()
                .withConfiguration(AutoConfigurations.of(SpringAiGeminiConnectionAutoConfiguration.class))
                .withBean(LlmPropagation.class, () -> LlmPropagation.builder(OpenTelemetry.noop())
                        .build())
                .withPropertyValues(
                        "llm.propagation.enabled=false",
                        "spring.ai.openai.api-key=key",
                        "spring.ai.google.genai.api-key=key")
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .doesNotHaveBean(OpenAiClientFactory.class)
                        .doesNotHaveBean(GeminiClientFactory.class)
                        .doesNotHaveBean(GeminiConnection.class));
    }

    @Test
    void customizerOfTheAgent_leavesWhatThePropertiesSay() {
        openai.willAnswer("hello");
        recorded()
                .withPropertyValues("llm.propagation.agent.span-names=gen-ai")
                .withBean(
                        LlmPropagationCustomizer.class,
                        () -> builder -> builder.agent(agent -> agent.agentName("assistant")))
                .run(context -> {
                    chat(context.getBean(OpenAIClient.class));
                    assertThat(telemetry.spans()).extracting(SpanData::getName).contains("chat m");
                });
    }

    @Test
    void headersThatAreOneAndTheSame_areToldByTheirSetting() {
        program.withPropertyValues(
                        "llm.propagation.session-id-header=X-Id", "llm.propagation.correlation-headers.X-Id=a-1")
                .run(context -> assertThat(new InvalidPropertyFailureAnalyzer()
                                .analyze(context.getStartupFailure())
                                .getDescription())
                        .contains("correlationHeader", "X-Id")
                        .doesNotContain("request-id-header"));
    }

    @Test
    void customizer_hasTheLastWord() {
        openai.willAnswer("hello");
        recorded()
                .withPropertyValues("llm.propagation.session-id-header=X-Of-Property")
                .withBean(
                        LlmPropagationCustomizer.class,
                        () -> builder -> builder.sessionIdHeader("X-Of-Program").sessionId(() -> "s-2"))
                .run(context -> {
                    chat(context.getBean(OpenAIClient.class));
                    assertThat(openai.lastRequest().getHeader("X-Of-Program")).isEqualTo("s-2");
                    assertThat(openai.lastRequest().getHeader("X-Of-Property")).isNull();
                });
    }

    @Test
    void springAi_runsOnOurClients_byItsOwnPropertiesOrByOurs() {
        openai.willAnswer("hello");
        gemini.willAnswer("hello");
        withSpringAi().run(context -> {
            try (Scope session = LlmSession.of("s-1").makeCurrent()) {
                assertThat(context.getBean(OpenAiChatModel.class).call("hi")).isEqualTo("hello");
                assertThat(context.getBean(GoogleGenAiChatModel.class).call("hi"))
                        .isEqualTo("hello");
                assertThat(context.getBean(OpenAiEmbeddingModel.class).embed("hi"))
                        .isNotEmpty();
            }
            assertThat(openai.requests()).hasSize(2).allSatisfy(request -> assertThat(request)
                    .carriesSessionId("s-1"));
            assertThat(gemini.lastRequest()).carriesSessionId("s-1");
            assertThat(openai.lastRequest().getHeader("User-Agent")).isEqualTo("spring-ai-openai");
        });
        withSpringAi()
                .withPropertyValues(
                        "llm.propagation.openai.base-url=http://localhost:1/v1",
                        "spring.ai.openai.base-url=" + openai.baseUrl(),
                        "spring.ai.openai.api-key=of-spring",
                        "spring.ai.openai.custom-headers.X-Tenant=t-1")
                .run(context -> {
                    context.getBean(OpenAiChatModel.class).call("hi");
                    assertThat(openai.lastRequest().getHeader("Authorization")).isEqualTo("Bearer of-spring");
                    assertThat(openai.lastRequest().getHeader("X-Tenant")).isEqualTo("t-1");
                });
    }

    @Test
    void springAisServiceWithoutKey_andItsCustomizers_workAsWithoutUs() {
        openai.willAnswer("hello");
        withSpringAi()
                .withPropertyValues("spring.ai.openai.base-url=" + openai.baseUrl(), "spring.ai.openai.api-key=")
                .withBean(
                        OpenAiHttpClientBuilderCustomizer.class,
                        () -> builder -> builder.interceptor(chain -> chain.proceed(chain.request()
                                .newBuilder()
                                .header("X-Customized", "yes")
                                .build())))
                .run(context -> {
                    try (Scope session = LlmSession.of("s-1").makeCurrent()) {
                        context.getBean(OpenAiChatModel.class).call("hi");
                    }
                    assertThat(openai.lastRequest()).carriesSessionId("s-1");
                    assertThat(openai.lastRequest().getHeader("X-Customized")).isEqualTo("yes");
                    assertThat(openai.lastRequest().getHeader("Authorization")).isNull();
                });
    }

    @Test
    void vertexAiWithoutProject_isToldByItsProperty() {
        program.withConfiguration(AutoConfigurations.of(SpringAiGeminiConnectionAutoConfiguration.class))
                .withPropertyValues("spring.ai.google.genai.vertex-ai=true", "spring.ai.model.chat=none")
                .run(context -> assertThatThrownBy(() -> context.getBean(Client.class))
                        .hasStackTraceContaining("spring.ai.google.genai.project-id"));
    }

    @Test
    void modelsOfTheProgram_areLeftAlone() {
        OpenAIClient client = OpenAiClientFactory.create(
                        LlmPropagation.builder(OpenTelemetry.noop()).build())
                .client(sdk -> sdk.apiKey("key"));
        OpenAiChatModel own = OpenAiChatModel.builder()
                .openAiClient(client)
                .openAiClientAsync(client.async())
                .build();
        withSpringAi().withBean(OpenAiChatModel.class, () -> own).run(context -> assertThat(
                        context.getBean(OpenAiChatModel.class))
                .isSameAs(own));
    }
}
