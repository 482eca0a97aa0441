package dev.llmpropagation.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.fixtures.MetricPoints;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.metrics.data.MetricData;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Every point of the metrics that release 0.1 of the GenAI conventions names, by its value and by its span. */
class LatestMetricsByValueTest {

    @RegisterExtension
    final AgentExtension telemetry = new AgentExtension();

    private final AgentTracing agent = telemetry.with(
            options -> options.latestConventions(true).tokenHistograms(true).agentName("main"));

    private MetricPoints collected = new MetricPoints(List.of());

    @Test
    void modelCall_isMeasured() {
        LlmRequest request = agent.llmRequest("chat", "openai").model("asked").stream()
                .server("api.example.com", 443)
                .start();
        telemetry.passes(Duration.ofMillis(250));
        request.firstChunk();
        request.call.chunks(2, 500_000_000, "answered");
        request.response("r-1", "answered");
        request.attributes(Attributes.builder()
                .put("gen_ai.usage.input_tokens", 100)
                .put("gen_ai.usage.text.input_tokens", 80)
                .put("gen_ai.usage.audio.input_tokens", 15)
                .put("gen_ai.usage.output_tokens", 40)
                .put("gen_ai.usage.cache_read.input_tokens", 30)
                .put("gen_ai.usage.cache_write.input_tokens", 5)
                .put("gen_ai.usage.reasoning.output_tokens", 10)
                .build());
        telemetry.passes(Duration.ofMillis(1250));
        request.completed();
        collect();

        String call = call("chat").toString();
        assertThat(sums("client.inference.duration")).isEqualTo(Map.of(call, 1.5));
        assertThat(sums("client.inference.time_to_first_chunk")).isEqualTo(Map.of(call, 0.25));
        assertThat(sums("client.inference.time_per_output_chunk")).isEqualTo(Map.of(call, 0.5));
        assertThat(sums("client.inference.operation.input_tokens")).isEqualTo(Map.of(call, 100.0));
        assertThat(sums("client.inference.operation.output_tokens")).isEqualTo(Map.of(call, 40.0));
        assertThat(counts("client.inference.usage.input_tokens"))
                .isEqualTo(Map.of(of("text"), 80L, of("audio"), 15L, of("unknown"), 5L));
        assertThat(counts("client.inference.usage.output_tokens")).isEqualTo(Map.of(of("unknown"), 40L));
        assertThat(counts("client.inference.usage.cache_read.input_tokens")).isEqualTo(Map.of(of("unknown"), 30L));
        assertThat(counts("client.inference.usage.cache_write.input_tokens")).isEqualTo(Map.of(of("unknown"), 5L));
        assertThat(counts("client.inference.usage.reasoning.output_tokens")).isEqualTo(Map.of(of("unknown"), 10L));
        assertExemplarsAreOf(request);
    }

    @Test
    void tokensThatAreMoreThanTheirSum_areOfUnknownKind() {
        LlmRequest request = asked("generate_content");
        request.response("r-1", "answered");
        request.attributes(Attributes.builder()
                .put("gen_ai.usage.input_tokens", 10)
                .put("gen_ai.usage.text.input_tokens", 11)
                .put("gen_ai.usage.output_tokens", 4)
                .put("gen_ai.usage.text.output_tokens", 4)
                .put("gen_ai.usage.image.output_tokens", 0)
                .build());
        request.completed();
        collect();

        Attributes call = call("generate_content");
        assertThat(counts("client.inference.usage.input_tokens")).isEqualTo(Map.of(of(call, "unknown"), 10L));
        assertThat(counts("client.inference.usage.output_tokens"))
                .isEqualTo(Map.of(of(call, "text"), 4L, of(call, "image"), 0L));
        assertExemplarsAreOf(request);
    }

    @Test
    void modelCallThatFailed_hasItsErrorOnItsDurationAlone() {
        LlmRequest request = agent.llmRequest("text_completion", "openai").start();
        request.firstChunk();
        request.usage(3L, null);
        request.failed("rate_limit_exceeded");
        collect();

        Attributes call =
                MetricPoints.attributes("gen_ai.operation.name", "text_completion", "gen_ai.provider.name", "openai");
        assertThat(sums("client.inference.duration"))
                .containsOnlyKeys(call.toBuilder()
                        .put("error.type", "rate_limit_exceeded")
                        .build()
                        .toString());
        assertThat(sums("client.inference.time_to_first_chunk")).containsOnlyKeys(call.toString());
        // A rate of tokens tells of failed calls too; the histogram of single calls would show answers that were none.
        assertThat(counts("client.inference.usage.input_tokens")).isEqualTo(Map.of(of(call, "unknown"), 3L));
        assertThat(counts("client.inference.usage.output_tokens")).isEqualTo(Map.of(of(call, "unknown"), 0L));
        assertThat(sums("client.inference.operation.input_tokens")).isEmpty();
        assertExemplarsAreOf(request);
    }

    @Test
    void embeddings_haveMetricsOfTheirOwn() {
        LlmRequest request = asked("embeddings");
        request.response(null, "answered");
        request.usage(8L, null);
        telemetry.passes(Duration.ofMillis(500));
        request.completed();
        LlmRequest failed = agent.llmRequest("embeddings", "openai").start();
        failed.usage(8L, null);
        failed.failed("quota");
        collect();

        Attributes call = call("embeddings");
        assertThat(sums("client.embeddings.duration"))
                .containsEntry(call.toString(), 0.5)
                .hasSize(2);
        assertThat(sums("client.embeddings.operation.input_tokens")).isEqualTo(Map.of(call.toString(), 8.0));
        assertThat(collected.metrics()).extracting(MetricData::getName).noneMatch(name -> name.contains("inference"));
        assertExemplarsAreOf(request, failed);
    }

    @Test
    void otherOperation_hasItsDuration() {
        LlmRequest request = asked("fetch_response");
        request.response(null, "answered");
        telemetry.passes(Duration.ofMillis(500));
        request.completed();
        collect();

        assertThat(sums("client.operation.duration"))
                .isEqualTo(Map.of(call("fetch_response").toString(), 0.5));
        assertThat(collected.metrics()).extracting(MetricData::getName).noneMatch(name -> name.contains("inference"));
        assertExemplarsAreOf(request);
    }

    @Test
    void invocation_isMeasuredWithWhatItAskedForItself() {
        Interaction turn = agent.interaction("p").start();
        turn.llmRequest("chat", "openai").start().completed();
        turn.llmRequest("chat", "openai").start().completed();
        turn.llmRequest("embeddings", "openai").start().completed();
        turn.tool("search").type("extension").run(tool -> {});
        Subagent helper = turn.subagent("helper").start();
        helper.llmRequest("chat", "openai").start().completed();
        telemetry.passes(Duration.ofMillis(500));
        helper.failed("broken");
        telemetry.passes(Duration.ofMillis(1000));
        turn.completed();
        collect();

        String main = "{gen_ai.agent.name=\"main\"}";
        String inside = "{gen_ai.agent.name=\"helper\"}";
        assertThat(sums("invoke_agent.duration"))
                .isEqualTo(Map.of(main, 1.5, "{error.type=\"broken\", gen_ai.agent.name=\"helper\"}", 0.5));
        assertThat(sums("invoke_agent.inference_calls")).isEqualTo(Map.of(main, 2.0, inside, 1.0));
        assertThat(sums("invoke_agent.tool_calls")).isEqualTo(Map.of(main, 1.0, inside, 0.0));
        assertThat(sums("execute_tool.duration"))
                .containsOnlyKeys(
                        "{gen_ai.agent.name=\"main\", gen_ai.tool.name=\"search\", gen_ai.tool.type=\"extension\"}");
        for (String metric : List.of("duration", "inference_calls", "tool_calls")) {
            assertThat(collected.exemplars("gen_ai.invoke_agent." + metric))
                    .as(metric)
                    .containsExactlyInAnyOrder(
                            turn.spanContext().getSpanId(), helper.spanContext().getSpanId());
        }
    }

    @Test
    void spans_nameTheSchemaOfTheirNames() {
        agent.llmRequest("chat", "openai").start().completed();

        assertThat(telemetry.spans()).singleElement().satisfies(span -> assertThat(
                        span.getInstrumentationScopeInfo().getSchemaUrl())
                .isEqualTo("https://opentelemetry.io/schemas/1.45.0"));
    }

    private static Attributes call(String operation) {
        return MetricPoints.attributes(
                "gen_ai.operation.name", operation,
                "gen_ai.provider.name", "openai",
                "gen_ai.request.model", "asked",
                "gen_ai.response.model", "answered",
                "server.address", "api.example.com",
                "server.port", 443);
    }

    private static String of(String modality) {
        return of(call("chat"), modality);
    }

    private static String of(Attributes call, String modality) {
        return call.toBuilder().put("gen_ai.token.modality", modality).build().toString();
    }

    private LlmRequest asked(String operation) {
        return agent.llmRequest(operation, "openai")
                .model("asked")
                .server("api.example.com", 443)
                .start();
    }

    private Map<String, Double> sums(String metric) {
        return collected.sums("gen_ai." + metric);
    }

    private Map<String, Long> counts(String metric) {
        return collected.counts("gen_ai." + metric);
    }

    /** Once: collecting takes the exemplars away. */
    private void collect() {
        collected = telemetry.points();
    }

    private void assertExemplarsAreOf(LlmRequest... requests) {
        List<String> spans = Stream.of(requests)
                .map(request -> request.spanContext().getSpanId())
                .toList();
        assertThat(collected.metrics())
                .filteredOn(metric -> metric.getName().startsWith("gen_ai."))
                .isNotEmpty()
                .allSatisfy(metric -> assertThat(collected.exemplars(metric.getName()))
                        .as(metric.getName())
                        .isNotEmpty()
                        .isSubsetOf(spans));
    }
}
