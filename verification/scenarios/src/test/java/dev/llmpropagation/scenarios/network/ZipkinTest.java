package dev.llmpropagation.scenarios.network;

import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.serviceUnavailable;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.openai.client.OpenAIClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.doctor.daemon.DaemonDemo;
import dev.llmpropagation.doctor.trace.TraceFile;
import dev.llmpropagation.fixtures.ChatQuestion;
import dev.llmpropagation.fixtures.InTurn;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.scenarios.samples.ZipkinSamples;
import dev.llmpropagation.testkit.trace.SpanTree;
import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanId;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SdkTracerProviderBuilder;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What goes to a real backend comes back from it as the same tree. */
class ZipkinTest {

    @RegisterExtension
    static final Zipkin zipkin = new Zipkin();

    private static final ChatCompletionCreateParams QUESTION = ChatQuestion.of("hi");

    private final WireMockServer model = new WireMockServer(
            WireMockConfiguration.options().bindAddress("127.0.0.1").dynamicPort());

    @BeforeEach
    void start() {
        model.start();
        InTurn.answer(model, serviceUnavailable().withHeader("Retry-After-Ms", "1"), okJson("""
                {"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,\
                "message":{"role":"assistant","content":"Hello","refusal":null},\
                "finish_reason":"stop","logprobs":null}]}"""));
    }

    @AfterEach
    void stop() {
        model.stop();
    }

    @Test
    void turnOfAnAgent_comesBackAsTheSameTree() throws Exception {
        InMemorySpanExporter memory = InMemorySpanExporter.create();
        SdkTracerProviderBuilder provider =
                SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(memory));
        ZipkinSamples.export(provider, zipkin.url());
        String traceId;
        List<TraceSpan> sent;
        try (OpenTelemetrySdk openTelemetry = OpenTelemetrySdk.builder()
                .setTracerProvider(provider.build())
                .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
                .build()) {
            traceId = turn(openTelemetry);
            assertThat(openTelemetry
                            .getSdkTracerProvider()
                            .forceFlush()
                            .join(60, TimeUnit.SECONDS)
                            .isSuccess())
                    .isTrue();
            sent = memory.getFinishedSpanItems().stream().map(ZipkinTest::span).toList();
        }
        List<TraceSpan> received = await().until(() -> trace(traceId), spans -> spans.size() >= sent.size());

        List<String> tree = tree(received);
        assertThat(tree).isEqualTo(tree(sent));
        assertThat(tree)
                .hasSizeGreaterThanOrEqualTo(5)
                .anyMatch(line -> line.contains("post CLIENT"))
                .anyMatch(line -> line.contains("qwen-code.tool.execution INTERNAL"));
        assertThat(received)
                .allSatisfy(span -> assertThat(span.text("session.id")).hasValue("session-1"));
    }

    /** Over two processes, each of which sends its own spans. */
    @Test
    void promptsOfADaemon_comeBackAsTheSameTrees(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("spans.json");
        ByteArrayOutputStream report = new ByteArrayOutputStream();
        boolean well = new DaemonDemo(new PrintStream(report, true, UTF_8), zipkin.url(), file).run();

        assertThat(well).as(report.toString(UTF_8)).isTrue();
        Map<String, List<TraceSpan>> traces = new LinkedHashMap<>();
        for (TraceSpan span :
                TraceFile.read("spans", Files.newInputStream(file)).spans()) {
            traces.computeIfAbsent(span.traceId(), id -> new ArrayList<>()).add(span);
        }
        List<String> shown = report.toString(UTF_8)
                .lines()
                .filter(line -> line.startsWith("  ✓ the same tree in Zipkin: " + zipkin.url() + "/zipkin/traces/"))
                .map(line -> line.substring(line.lastIndexOf('/') + 1))
                .toList();
        assertThat(shown).hasSize(5).doesNotHaveDuplicates().allMatch(traces::containsKey);
        for (String traceId : shown) {
            List<TraceSpan> received = trace(traceId);
            assertThat(tree(received))
                    .isEqualTo(tree(
                            traces.get(traceId).stream().map(ZipkinTest::span).toList()))
                    .hasSizeGreaterThanOrEqualTo(9)
                    .anyMatch(line -> line.startsWith("qwen-code.daemon.request SERVER"))
                    .anyMatch(line -> line.contains("post CLIENT"));
            assertThat(received).allSatisfy(span -> assertThat(span.text("qwen-code.prompt_id"))
                    .isPresent());
        }
    }

    @Test
    void zipkinThatIsAway_isNamedAndNothingIsRun() throws Exception {
        ByteArrayOutputStream report = new ByteArrayOutputStream();
        boolean well = new DaemonDemo(new PrintStream(report, true, UTF_8), "http://127.0.0.1:1", null).run();

        assertThat(well).isFalse();
        assertThat(report.toString(UTF_8))
                .isEqualTo("  ✗ Zipkin at http://127.0.0.1:1 cannot be asked: ConnectException."
                        + " Start it as docs/traces.md says." + System.lineSeparator());
    }

    /** Returns the id of its trace. */
    private String turn(OpenTelemetrySdk openTelemetry) {
        try (LlmPropagation propagation = LlmPropagation.builder(openTelemetry).build()) {
            OpenAIClient client = OpenAiClientFactory.create(propagation)
                    .client(sdk -> sdk.apiKey("key").baseUrl(model.baseUrl() + "/v1"));
            try {
                return propagation
                        .agent()
                        .interaction("prompt-1")
                        .session("session-1")
                        .call(turn -> {
                            client.chat().completions().create(QUESTION);
                            turn.tool("search").call(tool -> tool.execution().call(run -> "found"));
                            return Span.current().getSpanContext().getTraceId();
                        });
            } finally {
                client.close();
            }
        }
    }

    private static List<TraceSpan> trace(String id) throws Exception {
        HttpResponse<String> response = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(zipkin.url() + "/api/v2/trace/" + id))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        List<TraceSpan> spans = new ArrayList<>();
        if (response.statusCode() == 200) {
            new JsonMapper().readTree(response.body()).forEach(span -> spans.add(span(span)));
        }
        return spans;
    }

    private static TraceSpan span(JsonNode span) {
        Map<String, Object> tags = new LinkedHashMap<>();
        span.path("tags")
                .properties()
                .forEach(tag -> tags.put(tag.getKey(), tag.getValue().textValue()));
        long start = span.path("timestamp").longValue();
        return new TraceSpan(
                span.path("traceId").textValue(),
                span.path("id").textValue(),
                span.path("parentId").asText(),
                span.path("name").textValue(),
                span.path("kind").asText("INTERNAL"),
                start,
                start + span.path("duration").longValue(),
                tags.containsKey("error"),
                tags);
    }

    /** As Zipkin has it: names in lower case, times in microseconds. */
    private static TraceSpan span(SpanData span) {
        String parent = span.getParentSpanId();
        long start = span.getStartEpochNanos() / 1000;
        return new TraceSpan(
                span.getTraceId(),
                span.getSpanId(),
                SpanId.isValid(parent) ? parent : "",
                span.getName().toLowerCase(Locale.ROOT),
                span.getKind().name(),
                start,
                start + Math.max(1, (span.getEndEpochNanos() - span.getStartEpochNanos()) / 1000),
                span.getStatus().getStatusCode() == StatusCode.ERROR,
                Map.of());
    }

    private static TraceSpan span(TraceSpan span) {
        long start = span.startNanos() / 1000;
        return new TraceSpan(
                span.traceId(),
                span.spanId(),
                span.parentSpanId(),
                span.name().toLowerCase(Locale.ROOT),
                span.kind(),
                start,
                start + Math.max(1, (span.endNanos() - span.startNanos()) / 1000),
                span.error(),
                Map.of());
    }

    private static List<String> tree(List<TraceSpan> spans) {
        List<String> lines = new ArrayList<>();
        SpanTree.of(spans).forEach(root -> add(root, "", lines));
        return lines;
    }

    private static void add(SpanTree tree, String indent, List<String> lines) {
        TraceSpan span = tree.span();
        lines.add(indent
                + span.name()
                + ' '
                + span.kind()
                + ' '
                + span.spanId()
                + ' '
                + span.startNanos()
                + (span.error() ? " error" : ""));
        tree.children().forEach(child -> add(child, indent + "  ", lines));
    }
}
