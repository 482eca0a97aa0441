package dev.llmpropagation.scenarios.agent;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import com.openai.client.OpenAIClient;
import com.openai.models.embeddings.EmbeddingCreateParams;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.agent.AgentTracingBuilder;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.metrics.data.ExemplarData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.MetricDataType;
import io.opentelemetry.sdk.metrics.data.PointData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A service, a client of either SDK on it, and what is told of their calls by names of the conventions, as lines. */
final class ConventionWire implements BeforeEachCallback, AfterEachCallback {

    private static final List<Double> SECONDS =
            List.of(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92);
    private static final List<Double> AGENT_SECONDS =
            List.of(0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 409.6);
    private static final List<Double> CALLS = List.of(1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0);
    private static final List<Double> TOKENS = IntStream.rangeClosed(0, 13)
            .mapToObj(power -> (double) (1 << (2 * power)))
            .toList();

    private static final String EMBEDDING = """
            {"object":"list","model":"e-1","data":[{"object":"embedding","index":0,"embedding":[0.5]}],\
            "usage":{"prompt_tokens":8,"total_tokens":8}}""";

    /** Histograms of both sets of names; what is not here is a counter. */
    private static final Map<String, List<Double>> BOUNDARIES = Map.ofEntries(
            Map.entry("gen_ai.client.operation.duration", SECONDS),
            Map.entry("gen_ai.client.operation.time_to_first_chunk", SECONDS),
            Map.entry("gen_ai.client.token.usage", TOKENS),
            Map.entry("gen_ai.client.inference.duration", SECONDS),
            Map.entry("gen_ai.client.inference.time_to_first_chunk", SECONDS),
            Map.entry("gen_ai.client.inference.time_per_output_chunk", SECONDS),
            Map.entry("gen_ai.client.inference.operation.input_tokens", TOKENS),
            Map.entry("gen_ai.client.inference.operation.output_tokens", TOKENS),
            Map.entry("gen_ai.client.embeddings.duration", SECONDS),
            Map.entry("gen_ai.client.embeddings.operation.input_tokens", TOKENS),
            Map.entry("gen_ai.execute_tool.duration", SECONDS),
            Map.entry("gen_ai.invoke_agent.duration", AGENT_SECONDS),
            Map.entry("gen_ai.invoke_agent.inference_calls", CALLS),
            Map.entry("gen_ai.invoke_agent.tool_calls", CALLS));

    final RecordedTelemetry telemetry = RecordedTelemetry.create();
    private final WireMockExtension service = WireMockExtension.newInstance()
            .options(WireMockConfiguration.options().dynamicPort())
            .build();
    private LlmPropagation propagation;
    private List<MetricData> collected = List.of();

    @Override
    public void beforeEach(ExtensionContext context) throws Exception {
        service.beforeEach(context);
        telemetry.beforeEach(context);
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        if (propagation != null) { // a test may make no call
            propagation.close();
        }
        telemetry.afterEach(context);
        service.afterEach(context);
    }

    LlmPropagation propagation() {
        return propagation;
    }

    OpenAIClient openAi(Consumer<AgentTracingBuilder> agent) {
        return OpenAiClientFactory.create(build(agent))
                .client(sdk ->
                        sdk.baseUrl(service.baseUrl() + "/v1").apiKey("key").maxRetries(0));
    }

    Client gemini(Consumer<AgentTracingBuilder> agent) {
        return GeminiClientFactory.create(build(agent)).client(sdk -> sdk.apiKey("key")
                .httpOptions(HttpOptions.builder()
                        .baseUrl(service.baseUrl())
                        .retryOptions(HttpRetryOptions.builder().attempts(1).build())
                        .build()));
    }

    private LlmPropagation build(Consumer<AgentTracingBuilder> agent) {
        propagation =
                LlmPropagation.builder(telemetry.openTelemetry()).agent(agent).build();
        return propagation;
    }

    void answers(String body) {
        answers(
                body.startsWith("data:")
                        ? aResponse()
                                .withHeader("Content-Type", "text/event-stream")
                                .withBody(body)
                        : okJson(body));
    }

    /** A call of its own kind. */
    void embeds(OpenAIClient client) {
        answers(EMBEDDING);
        client.embeddings()
                .create(EmbeddingCreateParams.builder()
                        .model("e")
                        .input("text")
                        .encodingFormat(EmbeddingCreateParams.EncodingFormat.FLOAT)
                        .dimensions(1)
                        .build());
    }

    void refuses(int status) {
        answers(aResponse()
                .withStatus(status)
                .withHeader("Content-Type", "application/json")
                .withBody("{\"error\":{\"message\":\"MARKER\"}}"));
    }

    void breaksOff() {
        answers(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER));
    }

    private void answers(ResponseDefinitionBuilder answer) {
        service.resetAll();
        service.stubFor(any(anyUrl()).willReturn(answer));
    }

    LogRecordData event(String suffix) {
        List<LogRecordData> found = telemetry.logs().stream()
                .filter(log -> eventName(log).endsWith(suffix))
                .toList();
        assertThat(found).hasSize(1);
        return found.get(0);
    }

    static String eventName(LogRecordData log) {
        String attribute = text(log, "event.name");
        return attribute != null ? attribute : String.valueOf(log.getEventName());
    }

    /** Each point of a metric of the conventions leads to the span that it tells of. */
    void assertExemplars() {
        List<String> spans = telemetry.spans().stream().map(SpanData::getSpanId).toList();
        assertThat(conventionalMetrics().flatMap(metric -> points(metric)))
                .isNotEmpty()
                .allSatisfy(point -> assertThat(point.getExemplars())
                        .extracting(ExemplarData::getSpanContext)
                        .isNotEmpty()
                        .allSatisfy(context -> assertThat(spans).contains(context.getSpanId())));
    }

    private Stream<MetricData> conventionalMetrics() {
        if (collected.isEmpty()) { // once: what is collected has no exemplars any more
            collected = List.copyOf(telemetry.metrics());
        }
        return collected.stream().filter(metric -> metric.getName().startsWith("gen_ai."));
    }

    private static Stream<? extends PointData> points(MetricData metric) {
        return metric.getData().getPoints().stream();
    }

    List<String> metrics() {
        return conventionalMetrics()
                .flatMap(metric -> lines(metric))
                .map(line -> line.replace("server.port=" + service.getPort(), "server.port=1"))
                .sorted()
                .toList();
    }

    private static Stream<String> lines(MetricData metric) {
        String head = metric.getName() + " [" + metric.getUnit() + "] ";
        List<Double> boundaries = BOUNDARIES.get(metric.getName());
        if (boundaries == null) {
            assertThat(metric.getType()).as(metric.getName()).isEqualTo(MetricDataType.LONG_SUM);
            assertThat(metric.getLongSumData().isMonotonic()).isTrue();
            return metric.getLongSumData().getPoints().stream()
                    .map(point -> head + point.getAttributes() + " = " + point.getValue());
        }
        return metric.getHistogramData().getPoints().stream().map(point -> {
            assertThat(point.getBoundaries()).as(metric.getName()).isEqualTo(boundaries);
            return head + point.getAttributes() + " = "
                    + (metric.getUnit().equals("s")
                            ? point.getCount() + (point.getCount() == 1 ? " time" : " times")
                            : Long.toString(Math.round(point.getSum())));
        });
    }

    Map<String, String> modelCall() {
        return conventional(telemetry.span("qwen-code.llm_request").getAttributes());
    }

    /** Those of the conventions. */
    Map<String, String> conventional(Attributes attributes) {
        Map<String, String> told = new TreeMap<>();
        attributes.forEach((key, value) -> {
            String name = key.getKey();
            if (name.startsWith("gen_ai.") || name.startsWith("openai.") || name.startsWith("server.")) {
                told.put(name, name.endsWith(".time_to_first_chunk") ? "seconds" : value.toString());
            }
        });
        told.replace("server.port", Integer.toString(service.getPort()), "1");
        return told;
    }
}
