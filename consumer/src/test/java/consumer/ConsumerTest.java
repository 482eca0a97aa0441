package consumer;

import static dev.llmpropagation.testkit.LlmAssertions.assertThat;
import static dev.llmpropagation.testkit.LlmAssertions.assertThatTrace;
import static java.time.Duration.ofMillis;

import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import com.openai.client.OpenAIClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.testkit.LlmServer;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.context.Scope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A test as a user writes it, with nothing but the published test kit. */
class ConsumerTest {
    @RegisterExtension
    static final LlmServer openai = LlmServer.openAi();

    @RegisterExtension
    static final LlmServer gemini = LlmServer.gemini();

    @RegisterExtension
    final RecordedTelemetry telemetry = RecordedTelemetry.create();

    @Test
    void streamedCallOfOpenAi_carriesTraceAndSession() {
        openai.willStream("he", "llo").every(ofMillis(20));
        var propagation = LlmPropagation.builder(telemetry.openTelemetry());
        var factory = OpenAiClientFactory.create(propagation.build());
        OpenAIClient client = factory.client(sdk -> sdk.apiKey("key").baseUrl(openai.baseUrl()));
        var question = ChatCompletionCreateParams.builder().model("m").addUserMessage("Hi");
        try (Scope session = LlmSession.of("s-1").makeCurrent();
                var answer = client.chat().completions().createStreaming(question.build())) {
            answer.stream().forEach(chunk -> {});
        }
        assertThat(openai.lastRequest()).carriesTraceparentOf(telemetry.attempt());
        assertThat(openai.lastRequest()).carriesSessionId("s-1");
    }

    @Test
    void streamedCallOfGemini_carriesTraceAndSession() {
        gemini.willStream("he", "llo").every(ofMillis(20));
        var propagation = LlmPropagation.builder(telemetry.openTelemetry()).sessionId(() -> "s-1");
        var options = HttpOptions.builder().baseUrl(gemini.baseUrl()).build();
        try (Client client = GeminiClientFactory.create(propagation.build())
                        .client(sdk -> sdk.apiKey("key").httpOptions(options));
                var answer = client.models.generateContentStream("m", "Hi", null)) {
            answer.forEach(chunk -> {});
        }
        assertThat(gemini.lastRequest())
                .carriesTraceparentOf(telemetry.attempt())
                .carriesSessionId("s-1");
        assertThatTrace(telemetry).isComplete().hasTree("""
                qwen-code.llm_request
                  POST [llm_propagation.outcome=completed]
                """);
    }
}
