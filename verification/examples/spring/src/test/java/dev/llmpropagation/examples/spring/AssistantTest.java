package dev.llmpropagation.examples.spring;

import static dev.llmpropagation.testkit.LlmAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.verification.LoggedRequest;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** The program as it is started for real, called over HTTP. */
@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
class AssistantTest {

    private static final AttributeKey<String> SESSION = AttributeKey.stringKey("session.id");
    private static final AttributeKey<String> OPERATION = AttributeKey.stringKey("gen_ai.operation.name");

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
        properties.add("OPENAI_BASE_URL", openai::baseUrl);
        properties.add("OPENAI_API_KEY", () -> "key");
        properties.add("GEMINI_BASE_URL", gemini::baseUrl);
        properties.add("GEMINI_API_KEY", () -> "key");
    }

    @TestConfiguration
    static class Export {
        @Bean
        InMemorySpanExporter spanExporter() {
            return InMemorySpanExporter.create();
        }
    }

    @BeforeEach
    void forget() {
        spans.reset();
    }

    /** Spring AI knows nothing of the client alone, so the library's own span tells of its call. */
    @ParameterizedTest
    @CsvSource({"openai, /openai", "gemini, /gemini", "openai, /client"})
    void chat_isServerSpanThenThatOfTheCallThenAttempt(String service, String path) throws Exception {
        LlmServer model = service.equals("openai") ? openai : gemini;
        model.willAnswer("hello");
        assertThat(post(path)).isEqualTo("hello");
        toldOnce("chat", model.lastRequest());
    }

    @ParameterizedTest
    @CsvSource({"openai, /openai/stream", "gemini, /gemini/stream"})
    void stream_isInTheTraceOfItsRequest(String service, String path) throws Exception {
        LlmServer model = service.equals("openai") ? openai : gemini;
        model.willStream("he", "llo");
        assertThat(post(path)).contains("data:he").contains("data:llo");
        toldOnce("chat", model.lastRequest());
    }

    @Test
    void openAiEmbedding_isToldOnce() throws Exception {
        openai.willAnswer("hello");
        assertThat(Integer.parseInt(post("/embedding"))).isPositive();
        toldOnce("embedding", openai.lastRequest());
    }

    private String post(String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .header("X-Session-Id", "s-1")
                .header("Content-Type", "text/plain")
                .POST(HttpRequest.BodyPublishers.ofString("hi"))
                .build();
        HttpResponse<String> response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(200);
        return response.body();
    }

    private void toldOnce(String operation, LoggedRequest wire) {
        List<SpanData> all = exported();
        assertThat(all).as(all::toString).hasSize(3);
        SpanData server = one(all, SpanKind.SERVER);
        SpanData call = all.stream()
                .filter(span -> span.getAttributes().get(OPERATION) != null)
                .findFirst()
                .orElseThrow();
        SpanData attempt = all.stream()
                .filter(span -> span.getName().equals("POST"))
                .findFirst()
                .orElseThrow();
        assertThat(server.getParentSpanContext().isValid()).isFalse();
        assertThat(call.getAttributes().get(OPERATION)).isEqualTo(operation);
        assertThat(call.getParentSpanId()).isEqualTo(server.getSpanId());
        assertThat(attempt.getParentSpanId()).isEqualTo(call.getSpanId());
        assertThat(attempt.getKind()).isEqualTo(SpanKind.CLIENT);
        assertThat(all).extracting(SpanData::getTraceId).containsOnly(server.getTraceId());
        assertThat(all).extracting(span -> span.getAttributes().get(SESSION)).containsOnly("s-1");
        assertThat(wire).carriesTraceparentOf(attempt);
        assertThat(wire).carriesSessionId("s-1");
    }

    private static SpanData one(List<SpanData> all, SpanKind kind) {
        return all.stream().filter(span -> span.getKind() == kind).findFirst().orElseThrow();
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
