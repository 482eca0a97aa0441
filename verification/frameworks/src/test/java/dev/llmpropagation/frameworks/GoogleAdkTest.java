package dev.llmpropagation.frameworks;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.containing;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.google.adk.agents.RunConfig;
import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import dev.llmpropagation.gemini.GeminiClientFactory;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An agent with a tool: the model asks for it, gets its result, and answers. */
class GoogleAdkTest {

    private static final String CALL =
            candidate("{\"functionCall\":{\"name\":\"temperature\",\"args\":{\"city\":\"Rome\"}}}");
    private static final String ANSWER = candidate("{\"text\":\"21 degrees\"}");

    private static Program program;
    private static Client client;

    @BeforeAll
    static void start() {
        program = new Program();
        GlobalOpenTelemetry.resetForTest();
        GlobalOpenTelemetry.set(program.openTelemetry); // where ADK takes its tracer from, once
        client = GeminiClientFactory.create(program.propagation).client(sdk -> sdk.apiKey("key")
                .httpOptions(
                        HttpOptions.builder().baseUrl(program.server.baseUrl()).build()));
    }

    @AfterAll
    static void stop() {
        client.close();
        program.close();
        GlobalOpenTelemetry.resetForTest();
    }

    @BeforeEach
    void reset() {
        program.server.resetAll();
        program.telemetry.reset();
    }

    @Test
    void agent_carriesTraceAndSessionOnEachCall() {
        program.server.stubFor(post(urlPathMatching(".*:generateContent")).willReturn(okJson(CALL)));
        program.server.stubFor(post(urlPathMatching(".*:generateContent"))
                .withRequestBody(containing("functionResponse"))
                .willReturn(okJson(ANSWER)));

        assertAnswer(RunConfig.builder().autoCreateSession(true).build());
    }

    @Test
    void streamingAgent_carriesTraceAndSessionOnEachCall() {
        program.server.stubFor(post(urlPathMatching(".*:streamGenerateContent")).willReturn(events(CALL)));
        program.server.stubFor(post(urlPathMatching(".*:streamGenerateContent"))
                .withRequestBody(containing("functionResponse"))
                .willReturn(events(ANSWER)));

        assertAnswer(RunConfig.builder()
                .autoCreateSession(true)
                .streamingMode(RunConfig.StreamingMode.SSE)
                .build());
    }

    private static void assertAnswer(RunConfig config) {
        List<String> events = FrameworkSamples.ask(
                FrameworkSamples.agent(client), config, Program.SESSION, "How warm is it in Rome?");

        assertThat(events).last().asString().contains("21 degrees");
        Map<String, SpanData> spans = program.assertRequests(2, "generate_content");
        assertThat(spans.values())
                .filteredOn(span -> span.getName().equals("qwen-code.llm_request"))
                .extracting(span -> spans.get(span.getParentSpanId()).getName())
                .containsOnly("call_llm");
        assertThat(spans.values().stream().map(SpanData::getTraceId).distinct()).hasSize(1);
    }

    private static String candidate(String part) {
        return """
                {"candidates":[{"content":{"role":"model","parts":[%s]},"finishReason":"STOP","index":0}]}\
                """.formatted(part);
    }

    private static ResponseDefinitionBuilder events(String event) {
        return aResponse().withHeader("Content-Type", "text/event-stream").withBody("data: " + event + "\r\n\r\n");
    }
}
