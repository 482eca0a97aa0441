package dev.llmpropagation.spring;

import com.openai.client.OpenAIClient;
import dev.llmpropagation.fixtures.ChatQuestion;
import dev.llmpropagation.testkit.LlmServer;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** Both services, and programs of Spring that call them and whose telemetry is recorded. */
abstract class ProgramOnServices {

    @RegisterExtension
    static final LlmServer openai = LlmServer.openAi();

    @RegisterExtension
    static final LlmServer gemini = LlmServer.gemini();

    @RegisterExtension
    final RecordedTelemetry telemetry = RecordedTelemetry.create();

    /** With an address and a key of each service. */
    final ApplicationContextRunner program(Class<?>... configurations) {
        return withoutProperties(configurations)
                .withPropertyValues(
                        "llm.propagation.openai.base-url=" + openai.baseUrl(),
                        "llm.propagation.openai.api-key=key",
                        "llm.propagation.gemini.base-url=" + gemini.baseUrl(),
                        "llm.propagation.gemini.api-key=key");
    }

    final ApplicationContextRunner withoutProperties(Class<?>... configurations) {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(LlmPropagationAutoConfiguration.class))
                .withConfiguration(AutoConfigurations.of(configurations))
                .withBean(OpenTelemetry.class, telemetry::openTelemetry);
    }

    static void chat(OpenAIClient client) {
        client.chat().completions().create(ChatQuestion.of("hi"));
    }
}
