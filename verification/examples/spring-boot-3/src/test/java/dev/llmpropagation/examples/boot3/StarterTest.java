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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.ai.google.genai.GoogleGenAiChatModel;
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
        properties.add("spring.ai.google.genai.api-key", () -> "key-of-spring-ai");
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

        @Autowired
        GoogleGenAiChatModel springAi;

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

        @PostMapping("/spring-ai")
        String springAi() {
            return springAi.call("hi");
        }
    }

    @BeforeEach
    void forget() {
        spans.reset();
    }

    @Test
    void callsOfARequest_areInItsTraceAndItsSession() throws Exception {
        assertThat(SpringBootVersion.getVersion()).startsWith("3.5.");
        openai.willAnswer("hello");
        gemini.willAnswer("hello");
        assertThat(post("/both")).isEqualTo("hello");

        List<SpanData> all = exported();
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

    @Test
    void springAisModel_runsOnOurClient_andIsToldOnce() throws Exception {
        gemini.willAnswer("hello");
        assertThat(post("/spring-ai")).isEqualTo("hello");

        List<SpanData> all = exported();
        assertThat(all)
                .extracting(SpanData::getName)
                .hasSize(3)
                .startsWith("POST")
                .endsWith("http post /spring-ai");
        assertThat(all.get(1).getName()).startsWith("chat gemini");
        assertThat(all.get(0).getParentSpanId()).isEqualTo(all.get(1).getSpanId());
        assertThat(all.get(1).getParentSpanId()).isEqualTo(all.get(2).getSpanId());
        assertThat(gemini.lastRequest()).carriesTraceparentOf(all.get(0));
        assertThat(gemini.lastRequest()).carriesSessionId("s-1");
        assertThat(gemini.lastRequest().getHeader("x-goog-api-key")).isEqualTo("key-of-spring-ai");
    }

    private String post(String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                                .header("X-Session-Id", "s-1")
                                .POST(HttpRequest.BodyPublishers.noBody())
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    /** When the span of the request is there, all are: it ends last. */
    private List<SpanData> exported() {
        await().untilAsserted(() -> {
            tracing.forceFlush().join(10, TimeUnit.SECONDS);
            assertThat(spans.getFinishedSpanItems())
                    .extracting(SpanData::getKind)
                    .contains(SpanKind.SERVER);
        });
        return spans.getFinishedSpanItems();
    }
}
