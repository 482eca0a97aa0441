package dev.llmpropagation.scenarios.samples;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import com.google.genai.Client;
import com.openai.client.OpenAIClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.doctor.trace.OtlpReceiver;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The samples of README and docs do what the documents say. */
class SamplesTest {

    private static final String SESSION = "X-Qwen-Code-Session-Id";

    private final WireMockServer server = new WireMockServer(
            WireMockConfiguration.options().bindAddress("127.0.0.1").dynamicPort());
    private OtlpReceiver collector;
    private OpenTelemetrySdk openTelemetry;

    @BeforeEach
    void start() throws IOException {
        server.start();
        collector = OtlpReceiver.start();
        openTelemetry = Telemetry.to(collector.endpoint());
        System.setProperty("openai.baseUrl", server.baseUrl() + "/v1");
        System.setProperty("openai.apiKey", "key");
        Client.setDefaultBaseUrls(Optional.of(server.baseUrl()), Optional.empty());
    }

    @AfterEach
    void stop() {
        Client.setDefaultBaseUrls(Optional.empty(), Optional.empty());
        System.clearProperty("openai.baseUrl");
        System.clearProperty("openai.apiKey");
        openTelemetry.close();
        collector.close();
        server.stop();
    }

    @Test
    void openAiQuickstart_asksWithTraceAndSession() {
        answersAsOpenAi();

        assertThat(OpenAiQuickstart.ask(openTelemetry, "Hi")).isEqualTo("Hello");

        assertTracedInSession(onlyRequest());
    }

    @Test
    void program_asksWithTraceAndSession() {
        answersAsOpenAi();

        Ask.main(new String[] {"Hi", collector.endpoint()});

        assertTracedInSession(onlyRequest());
    }

    @Test
    void geminiQuickstart_asksWithTraceAndSession() {
        answersAsGemini();

        assertThat(GeminiQuickstart.ask(openTelemetry, "key", "Hi")).isEqualTo("Hello");

        assertTracedInSession(onlyRequest());
    }

    @Test
    void session_isSentByAnyOkHttpClient() throws Exception {
        LlmPropagation propagation = LlmPropagation.builder(openTelemetry).build();
        OkHttpClient client = PropagationSamples.okHttp(propagation, server.baseUrl());
        server.stubFor(any(anyUrl()).willReturn(okJson("{}")));

        assertThat(PropagationSamples.session(client, request("/v1/chat/completions")))
                .isEqualTo(200);

        assertTracedInSession(onlyRequest());
    }

    @Test
    void supplier_isAskedForTheSession() throws Exception {
        LlmPropagation propagation = PropagationSamples.supplier(openTelemetry, () -> "session-2");
        server.stubFor(any(anyUrl()).willReturn(okJson("{}")));
        PropagationSamples.okHttp(propagation, server.baseUrl())
                .newCall(request("/"))
                .execute()
                .close();

        assertThat(onlyRequest().getHeader(SESSION)).isEqualTo("session-2");
    }

    @Test
    void correlationHeader_isThatOfTheCallsAgent() throws Exception {
        LlmPropagation propagation = PropagationSamples.correlationHeader(openTelemetry);
        server.stubFor(any(anyUrl()).willReturn(okJson("{}")));
        try (Scope ignored =
                Context.current().with(PropagationSamples.AGENT_ID, "a-1").makeCurrent()) {
            PropagationSamples.okHttp(propagation, server.baseUrl())
                    .newCall(request("/"))
                    .execute()
                    .close();
        }

        assertThat(onlyRequest().getHeader("X-Agent-Id")).isEqualTo("a-1");
    }

    @Test
    void destinations_areExplained() {
        LlmPropagation propagation = PropagationSamples.destinations(openTelemetry);

        assertThat(PropagationSamples.explain(propagation).lines())
                .satisfiesExactly(
                        trace -> assertThat(trace).startsWith("traceparent").contains("is allowed"),
                        session -> assertThat(session).startsWith(SESSION).contains("is refused"),
                        baggage -> assertThat(baggage).startsWith("baggage").contains("is refused"));
    }

    @Test
    void service_behindAGateway_keepsItsName() {
        LlmPropagation propagation = LlmPropagation.builder(openTelemetry).build();
        server.stubFor(any(anyUrl()).willReturn(okJson("{\"id\":\"c-1\",\"choices\":[]}")));
        OpenAIClient client = PropagationSamples.service(propagation, server.baseUrl() + "/v1", "key");
        try {
            client.chat()
                    .completions()
                    .create(ChatCompletionCreateParams.builder()
                            .model("qwen-plus")
                            .addUserMessage("Hi")
                            .build());
        } finally {
            client.close();
        }

        assertThat(onlyRequest().getHeader("traceparent")).isNotNull();
        assertThat(onlyRequest().getHeader("Authorization")).isEqualTo("Bearer key");
        assertThat(spans().stream().filter(span -> !span.isAttempt()))
                .singleElement()
                .satisfies(call -> assertThat(call.attributes()).containsEntry("gen_ai.provider.name", "dashscope"));
    }

    @Test
    void otlpEndpoint_isLeftAlone() throws Exception {
        LlmPropagation propagation = PropagationSamples.otlp(openTelemetry, server.baseUrl());
        server.stubFor(any(anyUrl()).willReturn(okJson("{}")));
        PropagationSamples.okHttp(propagation, server.baseUrl())
                .newCall(request("/v1/traces"))
                .execute()
                .close();

        assertThat(onlyRequest().getHeader("traceparent")).isNull();
        assertThat(spans()).isEmpty();
    }

    @Test
    void continuation_seesTheProgramsSpan() throws Exception {
        answersAsGemini();
        Span program = openTelemetry.getTracer("test").spanBuilder("program").startSpan();
        try (Client client = GeminiClientFactory.create(
                                LlmPropagation.builder(openTelemetry).build())
                        .client(sdk -> sdk.apiKey("key"));
                Scope ignored = program.makeCurrent()) {
            String text = PropagationSamples.geminiContinuation(
                            client,
                            () -> " in " + Span.current().getSpanContext().getSpanId())
                    .get(20, TimeUnit.SECONDS);
            assertThat(text).isEqualTo("Hello in " + program.getSpanContext().getSpanId());
        } finally {
            program.end();
        }
    }

    private void answersAsOpenAi() {
        server.stubFor(any(anyUrl()).willReturn(okJson("""
                                        {"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,\
                                        "message":{"role":"assistant","content":"Hello","refusal":null},\
                                        "finish_reason":"stop","logprobs":null}]}""")));
    }

    private void answersAsGemini() {
        server.stubFor(any(anyUrl())
                .willReturn(okJson(
                        "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"Hello\"}]}}]}")));
    }

    private Request request(String path) {
        return Requests.get(server.baseUrl() + path);
    }

    private LoggedRequest onlyRequest() {
        List<LoggedRequest> requests = server.findAll(anyRequestedFor(anyUrl()));
        assertThat(requests).hasSize(1);
        return requests.get(0);
    }

    private void assertTracedInSession(LoggedRequest request) {
        assertThat(spans().stream().filter(TraceSpan::isAttempt))
                .singleElement()
                .satisfies(span -> {
                    assertThat(span.kind()).isEqualTo("CLIENT");
                    assertThat(request.getHeader("traceparent"))
                            .startsWith("00-" + span.traceId() + '-' + span.spanId() + '-');
                });
        assertThat(request.getHeader(SESSION)).isEqualTo("session-1");
    }

    private List<TraceSpan> spans() {
        assertThat(openTelemetry
                        .getSdkTracerProvider()
                        .forceFlush()
                        .join(10, TimeUnit.SECONDS)
                        .isSuccess())
                .isTrue();
        return collector.spans();
    }
}
