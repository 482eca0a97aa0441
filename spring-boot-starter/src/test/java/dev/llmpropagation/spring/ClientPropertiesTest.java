package dev.llmpropagation.spring;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.genai.Client;
import com.openai.client.OpenAIClient;
import io.opentelemetry.api.trace.SpanKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** What the properties of a service make of its client: each is seen on the wire, or on the client itself. */
class ClientPropertiesTest extends ProgramOnServices {

    private ApplicationContextRunner withOpenAi(String... properties) {
        return withoutProperties(OpenAiClientAutoConfiguration.class)
                .withPropertyValues("llm.propagation.openai.base-url= " + openai.baseUrl() + " ")
                .withPropertyValues(properties);
    }

    private ApplicationContextRunner withGemini(String... properties) {
        return withoutProperties(GeminiClientAutoConfiguration.class)
                .withPropertyValues("llm.propagation.gemini.base-url= " + gemini.baseUrl() + " ")
                .withPropertyValues(properties);
    }

    @Test
    void openAi_sendsWhoCalls() {
        openai.willAnswer("hello");
        withOpenAi(
                        "llm.propagation.openai.api-key= key ",
                        "llm.propagation.openai.organization=o-1",
                        "llm.propagation.openai.project=p-1")
                .run(context -> {
                    chat(context.getBean(OpenAIClient.class));
                    assertThat(openai.lastRequest().getHeader("Authorization")).isEqualTo("Bearer key");
                    assertThat(openai.lastRequest().getHeader("OpenAI-Organization"))
                            .isEqualTo("o-1");
                    assertThat(openai.lastRequest().getHeader("OpenAI-Project")).isEqualTo("p-1");
                });
    }

    @Test
    void openAi_triesAndWaitsAsLongAsItIsTold() {
        openai.willFail(500);
        withOpenAi("llm.propagation.openai.api-key=key", "llm.propagation.openai.max-retries=0")
                .run(context -> {
                    assertThatThrownBy(() -> chat(context.getBean(OpenAIClient.class)));
                    assertThat(openai.requests()).hasSize(1);
                });
        openai.reset();
        openai.willStall();
        withOpenAi(
                        "llm.propagation.openai.api-key=key",
                        "llm.propagation.openai.max-retries=0",
                        "llm.propagation.openai.timeout=100ms")
                .run(context -> assertThatThrownBy(() -> chat(context.getBean(OpenAIClient.class)))
                        .hasStackTraceContaining("timeout"));
    }

    @Test
    void knownService_isOnTheSpans_andItsUrlGivesWayToTheProgramsOwn() {
        openai.willAnswer("hello");
        withOpenAi("llm.propagation.openai.service=moonshot", "llm.propagation.openai.api-key=key")
                .run(context -> chat(context.getBean(OpenAIClient.class)));
        assertThat(openai.requests()).hasSize(1);
        assertThat(telemetry.spans())
                .filteredOn(span -> span.getKind() == SpanKind.CLIENT
                        || span.getParentSpanContext().isValid())
                .extracting(span -> text(span, "gen_ai.provider.name"))
                .contains("moonshot");
    }

    @Test
    void networkOfTheProperties_isThatOfBothClients(@TempDir Path folder) throws IOException {
        Path authority = Files.writeString(folder.resolve("ca.pem"), gemini.certificatePem());
        gemini.willAnswer("hello");
        String[] network = {
            "llm.propagation.tls.trust=" + authority,
            "llm.propagation.connections.max-requests=7",
            "llm.propagation.proxy.url=http://127.0.0.1:1"
        };
        withGemini(network)
                .withPropertyValues(
                        "llm.propagation.gemini.base-url=" + gemini.secureBaseUrl(),
                        "llm.propagation.gemini.api-key=key")
                .run(context -> {
                    context.getBean(Client.class).models.generateContent("gemini-2.5-flash", "hi", null);
                    assertThat(gemini.requests()).hasSize(1);
                });
        withGemini(network)
                .withPropertyValues(
                        "llm.propagation.gemini.base-url=http://service.invalid", "llm.propagation.gemini.api-key=key")
                .run(context -> assertThatThrownBy(() ->
                                context.getBean(Client.class).models.generateContent("gemini-2.5-flash", "hi", null))
                        .hasStackTraceContaining("127.0.0.1:1"));
        withOpenAi(network)
                .withPropertyValues(
                        "llm.propagation.openai.base-url=http://service.invalid/v1",
                        "llm.propagation.openai.max-retries=0",
                        "llm.propagation.openai.api-key=key")
                .run(context -> assertThatThrownBy(() -> chat(context.getBean(OpenAIClient.class)))
                        .hasStackTraceContaining("127.0.0.1:1"));
    }

    @Test
    void gemini_callsAsThePropertiesSay() {
        gemini.willAnswer("hello");
        withGemini("llm.propagation.gemini.api-key= key ", "llm.propagation.gemini.api-version=v9")
                .run(context -> {
                    context.getBean(Client.class).models.generateContent("gemini-2.5-flash", "hi", null);
                    assertThat(gemini.lastRequest().getUrl()).startsWith("/v9/");
                    assertThat(gemini.lastRequest().getHeader("x-goog-api-key")).isEqualTo("key");
                    assertThat(context.getBean(Client.class).vertexAI()).isFalse();
                });
        withGemini("llm.propagation.gemini.api-key=key", "llm.propagation.gemini.vertex-ai=true")
                .run(context ->
                        assertThat(context.getBean(Client.class).vertexAI()).isTrue());
    }

    /** They are Vertex AI's, as the SDK says of them. */
    @ParameterizedTest
    @ValueSource(strings = {"project", "location"})
    void gemini_isToldProjectAndLocation(String property) {
        withGemini("llm.propagation.gemini.api-key=key", "llm.propagation.gemini." + property + "=x")
                .run(context -> assertThatThrownBy(() -> context.getBean(Client.class))
                        .hasStackTraceContaining(
                                "llm.propagation.gemini: Gemini API does not support project/location"));
    }

    /** Spring AI's connection, which counts where ours says nothing of who calls. */
    @ParameterizedTest
    @CsvSource({"api-key, false", "project, false", "location, false", "api-version, true"})
    void connectionOfAnother_isAskedIfOursSaysNothing(String property, boolean asked) {
        AtomicBoolean told = new AtomicBoolean();
        withGemini("llm.propagation.gemini." + property + "=v1")
                .withBean(GeminiConnection.class, () -> sdk -> {
                    told.set(true);
                    sdk.apiKey("of-another");
                })
                .run(context -> {
                    Throwable unused = catchThrowable(() -> context.getBean(Client.class));
                    assertThat(told.get()).isEqualTo(asked);
                });
    }

    @Test
    void springAisConnection_isThatOfItsProperties(@TempDir Path folder) throws IOException {
        Path credentials = Files.writeString(folder.resolve("user.json"), """
                {"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r"}
                """);
        ApplicationContextRunner program =
                withGemini().withConfiguration(AutoConfigurations.of(SpringAiGeminiConnectionAutoConfiguration.class));
        program.withPropertyValues("spring.ai.google.genai.api-key=of-spring").run(context -> {
            assertThat(context.getBean(Client.class).apiKey()).isEqualTo("of-spring");
            assertThat(context.getBean(Client.class).vertexAI()).isFalse();
        });
        for (String vertexAi : new String[] {"true", "false"}) {
            program.withPropertyValues(
                            "spring.ai.google.genai.vertex-ai=" + vertexAi,
                            "spring.ai.google.genai.project-id=p-1",
                            "spring.ai.google.genai.location=l-1",
                            "spring.ai.google.genai.credentials-uri=file:" + credentials)
                    .run(context -> {
                        assertThat(context.getBean(Client.class).vertexAI()).isTrue();
                        assertThat(context.getBean(Client.class).project()).isEqualTo("p-1");
                        assertThat(context.getBean(Client.class).location()).isEqualTo("l-1");
                    });
        }
        program.withPropertyValues(
                        "spring.ai.google.genai.project-id=p-1",
                        "spring.ai.google.genai.location=l-1",
                        "spring.ai.google.genai.api-key=of-spring")
                .run(context -> {
                    assertThat(context.getBean(Client.class).vertexAI()).isFalse();
                    assertThat(context.getBean(Client.class).apiKey()).isEqualTo("of-spring");
                });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            project-id=p-1 | vertex-ai: Vertex AI needs
            location=l-1   | vertex-ai: Vertex AI needs
            """)
    void halfOfAConnection_isTold(String half, String told) {
        withGemini("spring.ai.google.genai.vertex-ai=true", "spring.ai.google.genai." + half)
                .withConfiguration(AutoConfigurations.of(SpringAiGeminiConnectionAutoConfiguration.class))
                .run(context -> assertThatThrownBy(() -> context.getBean(Client.class))
                        .hasStackTraceContaining("spring.ai.google.genai." + told));
    }

    @Test
    void credentialsThatAreNone_areTold(@TempDir Path folder) throws IOException {
        Path none = Files.writeString(folder.resolve("none.json"), "{}");
        withGemini(
                        "spring.ai.google.genai.project-id=p-1",
                        "spring.ai.google.genai.location=l-1",
                        "spring.ai.google.genai.credentials-uri=file:" + none)
                .withConfiguration(AutoConfigurations.of(SpringAiGeminiConnectionAutoConfiguration.class))
                .run(context -> assertThatThrownBy(() -> context.getBean(Client.class))
                        .hasStackTraceContaining(
                                "spring.ai.google.genai.credentials-uri: no Google credentials can be read"));
    }
}
