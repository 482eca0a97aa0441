package dev.llmpropagation.scenarios.samples;

import static dev.llmpropagation.testkit.LlmAssertions.assertThat;
import static dev.llmpropagation.testkit.LlmAssertions.assertThatTrace;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.testkit.Fault;
import dev.llmpropagation.testkit.LlmServer;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What docs/testing.md shows beside {@link StreamedCallTest}. */
class KitSamplesTest {

    @RegisterExtension
    static final LlmServer gemini = LlmServer.gemini();

    @RegisterExtension
    final RecordedTelemetry telemetry = RecordedTelemetry.create();

    @Test
    void retriedCall_isOneTree() {
        try (Client client = client()) {
            // sample: retriedCall
            gemini.willFail(429).retryAfter(0).thenAnswer("hello");

            Span turn = telemetry.startSpan("turn");
            try (Scope scope = turn.makeCurrent()) {
                client.models.generateContent("gemini-2.5-flash", "Hi", null);
            } finally {
                turn.end();
            }

            assertThat(gemini.lastRequest()).belongsToTraceOf(turn).carriesNoBaggage();
            assertThatTrace(telemetry).isComplete().hasTree("""
                    turn
                      qwen-code.llm_request
                        POST [http.response.status_code=429, llm_propagation.outcome=failed]
                        POST [http.response.status_code=200, http.request.resend_count=1]
                    """);
            // end
        }
    }

    @Test
    void brokenCall_fails() {
        try (Client client = client()) {
            // sample: fault
            gemini.willAnswer("hello").with(new Fault.Reset(Fault.Phase.AFTER_HEADERS));
            // end
            assertThatThrownBy(() -> client.models.generateContent("gemini-2.5-flash", "Hi", null))
                    .isInstanceOf(RuntimeException.class);
        }
    }

    @Test
    void serverWithoutJUnit_answers() throws Exception {
        // sample: withoutJUnit
        try (LlmServer openai = LlmServer.openAi().start()) {
            openai.willCallTool("weather", "{\"city\":\"Cologne\"}").thenAnswer("It rains.");
            runProgram(openai.baseUrl());
            assertThat(openai.requests()).hasSize(2);
        }
        // end
    }

    /** Asks twice, as a program with a tool does. */
    private static void runProgram(String baseUrl) throws IOException, InterruptedException {
        assertThat(ask(baseUrl))
                .contains("\"tool_calls\"", "\"weather\"", "{\\\"city\\\":\\\"Cologne\\\"}")
                .doesNotContain("It rains.");
        assertThat(ask(baseUrl)).contains("It rains.").doesNotContain("\"weather\"");
    }

    private static String ask(String baseUrl) throws IOException, InterruptedException {
        HttpResponse<String> response = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(baseUrl + "/chat/completions"))
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString(
                                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(200);
        return response.body();
    }

    private Client client() {
        HttpOptions options = HttpOptions.builder()
                .baseUrl(gemini.baseUrl())
                .retryOptions(
                        HttpRetryOptions.builder().attempts(2).initialDelay(0.0).build())
                .build();
        LlmPropagation propagation =
                LlmPropagation.builder(telemetry.openTelemetry()).build();
        return GeminiClientFactory.create(propagation)
                .client(sdk -> sdk.apiKey("key").httpOptions(options));
    }
}
