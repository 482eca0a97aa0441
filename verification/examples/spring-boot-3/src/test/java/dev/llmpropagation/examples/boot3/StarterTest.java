package dev.llmpropagation.examples.boot3;

import static dev.llmpropagation.testkit.LlmAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.genai.Client;
import com.openai.client.OpenAIClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.testkit.LlmServer;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringBootVersion;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** The same jar of the starter in a web program of Boot 3.5. */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
class StarterTest {

    @RegisterExtension
    static final LlmServer openai = LlmServer.openAi();

    @RegisterExtension
    static final LlmServer gemini = LlmServer.gemini();

    @Autowired
    InMemorySpanExporter spans;

    @Autowired
    SdkTracerProvider tracing;

    @Value("${local.server.port}")
    int port;

    @DynamicPropertySource
    static void services(DynamicPropertyRegistry properties) {
        properties.add("llm.propagation.openai.base-url", openai::baseUrl);
        properties.add("llm.propagation.openai.api-key", () -> "key");
        properties.add("llm.propagation.gemini.base-url", gemini::baseUrl);
        properties.add("llm.propagation.gemini.api-key", () -> "key");
        properties.add("llm.propagation.session.request-header", () -> "X-Session-Id");
        properties.add("management.tracing.sampling.probability", () -> "1.0");
    }

    @SpringBootApplication
    @RestController
    static class Program {

        @Autowired
        OpenAIClient openAi;

        @Autowired
        Client gemini;

        @Bean // static, because the tracing that it belongs to is there before this program
        static InMemorySpanExporter spanExporter() {
            return InMemorySpanExporter.create();
        }

        @PostMapping("/both")
        String both() {
            openAi.chat()
                    .completions()
                    .create(ChatCompletionCreateParams.builder()
                            .model("m")
                            .addUserMessage("hi")
                            .build());
            return gemini.models.generateContent("gemini-2.5-flash", "hi", null).text();
        }
    }

    @Test
    void callsOfARequest_areInItsTraceAndItsSession() throws Exception {
        assertThat(SpringBootVersion.getVersion()).startsWith("3.5.");
        openai.willAnswer("hello");
        gemini.willAnswer("hello");
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/both"))
                                .header("X-Session-Id", "s-1")
                                .POST(HttpRequest.BodyPublishers.noBody())
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.body()).isEqualTo("hello");

        await().untilAsserted(() -> {
            tracing.forceFlush().join(10, TimeUnit.SECONDS);
            assertThat(spans.getFinishedSpanItems())
                    .extracting(SpanData::getKind)
                    .contains(SpanKind.SERVER);
        });
        List<SpanData> all = spans.getFinishedSpanItems();
        assertThat(all)
                .extracting(SpanData::getName)
                .containsExactly("POST", "qwen-code.llm_request", "POST", "qwen-code.llm_request", "http post /both");
        SpanData server = all.get(4);
        for (int attempt : new int[] {0, 2}) {
            assertThat(all.get(attempt).getParentSpanId())
                    .isEqualTo(all.get(attempt + 1).getSpanId());
            assertThat(all.get(attempt + 1).getParentSpanId()).isEqualTo(server.getSpanId());
        }
        assertThat(all)
                .extracting(span -> span.getAttributes().get(AttributeKey.stringKey("session.id")))
                .containsOnly("s-1");
        assertThat(openai.lastRequest()).carriesTraceparentOf(all.get(0));
        assertThat(openai.lastRequest()).carriesSessionId("s-1");
        assertThat(gemini.lastRequest()).carriesTraceparentOf(all.get(2));
        assertThat(gemini.lastRequest()).carriesSessionId("s-1");
    }
}
