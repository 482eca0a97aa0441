package dev.llmpropagation.scenarios.samples;

import static dev.llmpropagation.testkit.LlmAssertions.assertThat;
import static java.time.Duration.ofMillis;

import com.openai.client.OpenAIClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.testkit.LlmServer;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.context.Scope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class StreamedCallTest {
    @RegisterExtension
    static final LlmServer openai = LlmServer.openAi();

    @RegisterExtension
    final RecordedTelemetry telemetry = RecordedTelemetry.create();

    @Test
    void streamedCall_carriesTraceAndSession() {
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
}
